// @ts-check
// Bun.serve().
import { fileURLToPath } from 'node:url';
import { startServer } from '../../harness/processes.mjs';
import { bun, bunProgram } from '../fetched.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'Bun',
  requires: ['bun'],
  jit: true,
  settings: `${bun.name}, Bun.serve() with a static route, idleTimeout 255 s`,
  start: ({ cores }) =>
    startServer(cores.server, bunProgram, [fileURLToPath(new URL('../servers/http-bun.mjs', import.meta.url))]),
};
