// @ts-check
// uWebSockets.js.
import { uws, uwsModule } from '../fetched.mjs';
import { startProgram } from '../programs.mjs';

/** @type {import('../types.mjs').Driver} */
export default {
  name: 'uWebSockets.js',
  requires: ['uws'],
  jit: true,
  settings: `npm ${uws.name} (a copy of its binaries), App().get() and end()`,
  start: (bench) => startProgram(bench, 'servers/http-uws.mjs', [uwsModule]),
};
