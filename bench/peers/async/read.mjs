// @ts-check
// Connections by await: read() into a buffer of the connection's own.
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'async read(into)',
  requires: ['package'],
  start: (bench) => startProgram(bench, 'peers/servers/async/echo.mjs', ['read']),
};
