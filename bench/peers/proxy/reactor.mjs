// @ts-check
// The Reactor by hand: a Pump for each direction.
import { startProgram } from '../../harness/programs.mjs';

/** @type {import('../../trials/proxy.mjs').ProxyDriver} */
export default {
  name: 'Reactor, Pump',
  requires: ['package'],
  start: (bench, backend) =>
    startProgram(bench, 'peers/servers/proxy-reactor.mjs', ['127.0.0.1', String(backend.port)]),
};
