// @ts-check
// node:http on connections of the Reactor.
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'Acceptor and toSocket()',
  requires: ['package'],
  jit: true,
  settings: "an Acceptor of sharedReactor(); server.emit('connection', toSocket(fd)) for each connection",
  start: (bench) => startProgram(bench, 'peers/adopt/server.mjs', ['acceptor']),
};
