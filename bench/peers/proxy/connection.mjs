// @ts-check
// The TCP proxy of the examples, as it stands: pipeTo() both ways.
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../trials/proxy.mjs').ProxyDriver} */
export default {
  name: 'Connection, pipeTo',
  requires: ['package'],
  start: (bench, backend) => startProgram(bench, '../examples/dist/tcp-proxy.js', ['127.0.0.1', String(backend.port)]),
};
