// @ts-check
// The Reactor with the request parser of the examples.
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'Reactor',
  requires: ['package'],
  jit: true,
  settings: 'reactor.run() on one thread; llhttp (WebAssembly) parses; one shared receive buffer',
  start: (bench) => startProgram(bench, 'peers/servers/http-reactor.mjs', []),
};
