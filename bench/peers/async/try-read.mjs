// @ts-check
// Connections by await: readable() and tryRead(), with one buffer for all.
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'async tryRead',
  requires: ['package'],
  start: (bench) => startProgram(bench, 'peers/servers/async/echo.mjs', ['try-read']),
};
