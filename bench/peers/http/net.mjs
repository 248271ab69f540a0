// @ts-check
// node:net, with the same parser and the same response as the Reactor.
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'node:net',
  requires: ['package'],
  jit: true,
  settings: 'net.createServer() with noDelay; parser and response of the Reactor, cork() around what one read brought',
  start: (bench) => startProgram(bench, 'peers/servers/http-net.mjs', []),
};
