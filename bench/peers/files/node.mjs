// @ts-check
// node:http with createReadStream.
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'node:http, createReadStream',
  requires: [],
  start: (bench) => startProgram(bench, 'peers/servers/files-node.mjs', [bench.directory]),
};
