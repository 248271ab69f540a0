// @ts-check
// The Reactor, turned by its own run().
import { startProgram } from '../programs.mjs';

/** @type {import('../types.mjs').Driver} */
export default {
  name: 'Reactor run()',
  requires: ['package'],
  start: (bench) => startProgram(bench, 'servers/udp-reactor.mjs', ['run']),
};
