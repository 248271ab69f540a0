// @ts-check
// node:dgram, the obvious code.
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'node:dgram',
  requires: [],
  start: (bench) => startProgram(bench, 'peers/servers/udp/dgram.mjs', ['obvious']),
};
