// @ts-check
// A thread for each connection, in C.
import { built } from '../../harness/build.mjs';
import { startServer } from '../../harness/processes.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'C threads',
  requires: ['cc', 'make'],
  mayStop: true,
  version: ['cc', '--version'],
  settings: 'pthread_create() for each connection, stacks of 64 KB, blocking recv and send (cc -O2)',
  start: ({ cores }) => startServer(cores.server, built('blocking_http'), ['threads']),
};
