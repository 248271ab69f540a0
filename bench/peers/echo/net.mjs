// @ts-check
// node:net.
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'node:net',
  requires: [],
  start: (bench) => startProgram(bench, 'peers/servers/echo-net.mjs', []),
};
