// @ts-check
// node:http.
import { startProgram } from '../programs.mjs';

/** @type {import('../types.mjs').Driver} */
export default {
  name: 'node:http',
  requires: [],
  jit: true,
  settings:
    'http.createServer(), writeHead() with Content-Length, end(); noDelay as by default; keep-alive for 10 minutes',
  start: (bench) => startProgram(bench, 'servers/http-node.mjs', []),
};
