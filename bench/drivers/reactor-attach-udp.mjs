// @ts-check
// The Reactor, turned by the event loop of Node.js.
import { startProgram } from '../programs.mjs';

/** @type {import('../types.mjs').Driver} */
export default {
  name: 'Reactor attach()',
  requires: ['package'],
  start: (bench) => startProgram(bench, 'servers/udp-reactor.mjs', ['attach']),
};
