// @ts-check
// node:net, pipe in both directions.
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../trials/proxy.mjs').ProxyDriver} */
export default {
  name: 'node:net, pipe',
  requires: [],
  start: (bench, backend) => startProgram(bench, 'peers/servers/proxy-net.mjs', ['127.0.0.1', String(backend.port)]),
};
