// @ts-check
// splice() of fdreactor/node.
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'node:http, splice()',
  requires: ['package'],
  start: (bench) => startProgram(bench, 'peers/tunnel/server.mjs', ['splice']),
};
