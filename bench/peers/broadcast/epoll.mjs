// @ts-check
// The floor: C over epoll.
import { built } from '../../harness/build.mjs';
import { startServer } from '../../harness/processes.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'C epoll',
  requires: [],
  start: ({ cores }) => startServer(cores.server, built('epoll_broadcast'), []),
};
