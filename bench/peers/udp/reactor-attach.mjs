// @ts-check
// The Reactor, turned by the event loop of Node.js.
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'Reactor attach()',
  requires: ['package'],
  start: (bench) => startProgram(bench, 'peers/servers/udp/reactor.mjs', ['attach']),
};
