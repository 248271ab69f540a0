// @ts-check
// A process for each connection, in C.
import { built } from '../build.mjs';
import { startServer } from '../processes.mjs';

/** @type {import('../types.mjs').Driver} */
export default {
  name: 'C processes',
  requires: ['cc', 'make'],
  mayStop: true,
  version: ['cc', '--version'],
  settings: 'fork() for each connection, blocking recv and send (cc -O2)',
  start: ({ cores }) => startServer(cores.server, built('blocking_http'), ['processes']),
};
