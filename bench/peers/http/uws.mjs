// @ts-check
// uWebSockets.js.

import { startProgram } from '../../harness/programs.mjs';
import { uws, uwsModule } from '../fetched.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'uWebSockets.js',
  requires: ['uws'],
  jit: true,
  settings: `npm ${uws.name} (a copy of its binaries), App().get() and end()`,
  start: (bench) => startProgram(bench, 'peers/servers/http-uws.mjs', [uwsModule]),
};
