// @ts-check
// libuv without Node.js.
import { built } from '../../harness/build.mjs';
import { startServer } from '../../harness/processes.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'C libuv',
  requires: ['libuv'],
  start: ({ cores }) => startServer(cores.server, built('libuv_echo'), []),
};
