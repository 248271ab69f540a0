// @ts-check
// Measures responses of 10 MB through a TCP proxy, over 4 connections. nginx behind it and wrk before it share the
// other core.

import { MB, servedFile } from '../load/served-file.mjs';
import nginx from '../peers/files/nginx.mjs';
import connection from '../peers/proxy/connection.mjs';
import net from '../peers/proxy/net.mjs';
import nginxProxy from '../peers/proxy/nginx.mjs';
import reactor from '../peers/proxy/reactor.mjs';
import { openHttp } from './http-server.mjs';

/** Few: what stands in their buffers at the end of a window was sent, but never counted. */
const CONNECTIONS = 4;

/** @typedef {import('../harness/types.mjs').Bench} Bench */
/** @typedef {import('../harness/types.mjs').Server} Server */
/**
 * @typedef {import('../harness/types.mjs').Row & { start: (bench: Bench, backend: Server) => Promise<Server> }}
 *     ProxyDriver
 */

/** @param {ProxyDriver} driver @param {Bench} bench @returns {Promise<import('../harness/types.mjs').Session>} */
async function openProxy(driver, bench) {
  const file = servedFile(bench.directory, 10 * MB);
  const backend = await nginx.start({ ...bench, cores: { ...bench.cores, server: bench.cores.load } });
  const proxy = await driver.start(bench, backend);
  return {
    ...openHttp(proxy, bench, {
      ...file,
      connections: CONNECTIONS,
      leastOperations: CONNECTIONS,
      // By bytes: responses that the end of the window cut off were work as well.
      value: ({ cpuSeconds, bytes }) => cpuSeconds / (bytes / 1e9),
    }),
    async close() {
      await proxy.stop();
      await backend.stop();
    },
  };
}

/** @type {import('../harness/types.mjs').Table<ProxyDriver>[]} */
export default [
  {
    name: 'proxy',
    suite: 'proxy',
    title: `TCP proxy, HTTP responses of 10 MB, ${CONNECTIONS} connections`,
    unit: 's CPU/GB',
    requires: ['wrk', 'nginx'],
    rows: [nginxProxy, connection, reactor, net],
    open: openProxy,
    targets: [
      { row: connection.name, atMost: 0.45 },
      { row: connection.name, against: net.name, atMost: 0.4 },
      { row: connection.name, against: nginxProxy.name, atMost: 1 },
      { row: connection.name, against: reactor.name, atMost: 1.05 },
    ],
  },
];
