// @ts-check
// node:http.
import { startProgram } from '../programs.mjs';

/** @type {import('../types.mjs').Driver} */
export default {
  name: 'node:http',
  requires: [],
  start: (bench) => startProgram(bench, 'servers/http-node.mjs', []),
};
