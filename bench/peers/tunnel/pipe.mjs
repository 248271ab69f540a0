// @ts-check
// pipe() in both directions.
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'node:http, pipe()',
  requires: ['package'],
  start: (bench) => startProgram(bench, 'peers/tunnel/server.mjs', ['pipe']),
};
