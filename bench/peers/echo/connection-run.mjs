// @ts-check
// Connections, turned by the reactor's own run().
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'Connection run()',
  requires: ['package'],
  start: (bench) => startProgram(bench, 'peers/servers/echo-connection.mjs', ['run']),
};
