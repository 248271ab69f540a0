// @ts-check
// Plain C over epoll: the floor.
import { built } from '../build.mjs';
import { startServer } from '../processes.mjs';

/** @type {import('../types.mjs').Driver} */
export default {
  name: 'C epoll',
  requires: [],
  start: ({ cores }) => startServer(cores.server, built('epoll_echo'), []),
};
