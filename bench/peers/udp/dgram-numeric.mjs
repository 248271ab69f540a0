// @ts-check
// node:dgram, spared the look-up of an address that is numeric already.
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'node:dgram, no lookup',
  requires: [],
  start: (bench) => startProgram(bench, 'peers/servers/udp/dgram.mjs', ['numeric']),
};
