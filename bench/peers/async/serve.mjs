// @ts-check
// Connections by await: serve(), whose handler reads into a buffer of its own.
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'async serve()',
  requires: ['package'],
  start: (bench) => startProgram(bench, 'peers/servers/async/echo.mjs', ['serve']),
};
