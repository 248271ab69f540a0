// @ts-check
// A process for each connection, in C.
import { built } from '../../harness/build.mjs';
import { startServer } from '../../harness/processes.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'C processes',
  requires: ['cc', 'make'],
  mayStop: true,
  version: ['cc', '--version'],
  settings: 'fork() for each connection, blocking recv and send (cc -O2)',
  start: ({ cores }) => startServer(cores.server, built('blocking_http'), ['processes']),
};
