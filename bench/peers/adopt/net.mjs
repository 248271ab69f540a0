// @ts-check
// node:http on its own connections.
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'node:http',
  requires: ['package'],
  jit: true,
  settings: 'server.listen()',
  start: (bench) => startProgram(bench, 'peers/adopt/server.mjs', ['net']),
};
