// @ts-check
// Connections by await: `for await` over the chunks.
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'async for await',
  requires: ['package'],
  start: (bench) => startProgram(bench, 'peers/servers/async/echo.mjs', ['for-await']),
};
