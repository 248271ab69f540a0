// @ts-check
// The Reactor, turned by its own run().
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'Reactor run()',
  requires: ['package'],
  start: (bench) => startProgram(bench, 'peers/servers/udp/reactor.mjs', ['run']),
};
