// @ts-check
// node:http with createReadStream.
import { startProgram } from '../programs.mjs';

/** @type {import('../types.mjs').Driver} */
export default {
  name: 'node:http, createReadStream',
  requires: [],
  start: (bench) => startProgram(bench, 'servers/files-node.mjs', [bench.directory]),
};
