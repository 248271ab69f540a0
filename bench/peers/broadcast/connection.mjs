// @ts-check
// Connection.
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'Connection',
  requires: ['package'],
  start: (bench) => startProgram(bench, 'peers/servers/broadcast-connection.mjs', [], ['--expose-gc']),
};
