// @ts-check
// Servers of node:net and node:http, and the same programs on fdreactor/net.
import { startProgram } from '../../harness/programs.mjs';

/** @typedef {import('../../harness/types.mjs').Driver} Driver */

/** @param {string} name @param {string} program @param {string[]} args @returns {Driver} */
const row = (name, program, args) => ({
  name,
  requires: args.includes('fdreactor/net') ? ['package'] : [],
  jit: true,
  start: (bench) => startProgram(bench, `peers/servers/${program}.mjs`, args),
});

export const echo = row('node:net', 'echo-net', ['node:net']);
export const echoHere = row('fdreactor/net', 'echo-net', ['fdreactor/net']);
export const echoInStore = row('node:net, in a store', 'echo-net', ['node:net', 'store']);
export const echoInStoreHere = row('fdreactor/net, in a store', 'echo-net', ['fdreactor/net', 'store']);
export const http = row('node:http', 'http-node', []);
export const httpHere = row('node:http over fdreactor/net', 'http-node', ['fdreactor/net']);
