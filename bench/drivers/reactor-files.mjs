// @ts-check
// The static file server of the examples, as it stands.
import { startProgram } from '../programs.mjs';

/** @type {import('../types.mjs').Driver} */
export default {
  name: 'Reactor, sendfile',
  requires: ['package'],
  start: (bench) => startProgram(bench, '../examples/dist/static-file-server.js', [bench.directory]),
};
