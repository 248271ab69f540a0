// @ts-check
// node:net, `for await` over the socket.
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'node:net for await',
  requires: [],
  start: (bench) => startProgram(bench, 'peers/servers/async/echo-net.mjs', []),
};
