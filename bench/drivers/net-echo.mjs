// @ts-check
// node:net.
import { startProgram } from '../programs.mjs';

/** @type {import('../types.mjs').Driver} */
export default {
  name: 'node:net',
  requires: [],
  start: (bench) => startProgram(bench, 'servers/echo-net.mjs', []),
};
