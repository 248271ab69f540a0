// @ts-check
// node:dgram, the obvious code.
import { startProgram } from '../programs.mjs';

/** @type {import('../types.mjs').Driver} */
export default {
  name: 'node:dgram',
  requires: [],
  start: (bench) => startProgram(bench, 'servers/udp-dgram.mjs', ['obvious']),
};
