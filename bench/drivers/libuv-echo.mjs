// @ts-check
// libuv without Node.js.
import { built } from '../build.mjs';
import { startServer } from '../processes.mjs';

/** @type {import('../types.mjs').Driver} */
export default {
  name: 'C libuv',
  requires: ['libuv'],
  start: ({ cores }) => startServer(cores.server, built('libuv_echo'), []),
};
