// @ts-check
// node:dgram, spared the look-up of an address that is numeric already.
import { startProgram } from '../programs.mjs';

/** @type {import('../types.mjs').Driver} */
export default {
  name: 'node:dgram, no lookup',
  requires: [],
  start: (bench) => startProgram(bench, 'servers/udp-dgram.mjs', ['numeric']),
};
