// @ts-check
// The Reactor with the request parser of the examples.
import { startProgram } from '../programs.mjs';

/** @type {import('../types.mjs').Driver} */
export default {
  name: 'Reactor',
  requires: ['package'],
  start: (bench) => startProgram(bench, 'servers/http-reactor.mjs', []),
};
