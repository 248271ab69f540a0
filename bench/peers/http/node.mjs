// @ts-check
// node:http.
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'node:http',
  requires: [],
  jit: true,
  settings:
    'http.createServer(), writeHead() with Content-Length, end(); noDelay as by default; keep-alive for 10 minutes',
  start: (bench) => startProgram(bench, 'peers/servers/http-node.mjs', []),
};
