// @ts-check
// Connection with the request parser of the examples.
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'Connection',
  requires: ['package'],
  jit: true,
  settings: 'reactor.run() on one thread; llhttp (WebAssembly) parses; one write() for the requests of a chunk',
  start: (bench) => startProgram(bench, 'peers/servers/http-connection.mjs', []),
};
