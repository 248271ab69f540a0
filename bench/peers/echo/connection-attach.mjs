// @ts-check
// Connections, turned by the event loop of Node.js.
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'Connection attach()',
  requires: ['package'],
  start: (bench) => startProgram(bench, 'peers/servers/echo-connection.mjs', ['attach']),
};
