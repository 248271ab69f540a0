// @ts-check
// The static file server of the examples, as it stands.
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'Reactor, sendfile',
  requires: ['package'],
  start: (bench) => startProgram(bench, '../examples/dist/static-file-server.js', [bench.directory]),
};
