// @ts-check
// Responses of 10 MB through a TCP proxy, 4 connections. nginx behind it and wrk before it share the other core.
import net from '../drivers/net-proxy.mjs';
import nginx from '../drivers/nginx-files.mjs';
import reactor from '../drivers/reactor-proxy.mjs';
import { MB, servedFile } from '../files.mjs';
import { openHttp } from './http-server.mjs';

/** Few: what stands in their buffers at the end of a window was sent, but never counted. */
const CONNECTIONS = 4;

/** @typedef {import('../types.mjs').Bench} Bench */
/** @typedef {import('../types.mjs').Server} Server */
/**
 * @typedef {import('../types.mjs').Row & { start: (bench: Bench, backend: Server) => Promise<Server> }} ProxyDriver
 */

/** @param {ProxyDriver} driver @param {Bench} bench @returns {Promise<import('../types.mjs').Session>} */
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

/** @type {import('../types.mjs').Table<ProxyDriver>[]} */
export default [
  {
    name: 'proxy',
    suite: 'proxy',
    title: `TCP proxy, HTTP responses of 10 MB, ${CONNECTIONS} connections`,
    unit: 's CPU/GB',
    requires: ['wrk', 'nginx'],
    rows: [reactor, net],
    open: openProxy,
    targets: [
      { row: reactor.name, atMost: 0.45 },
      { row: reactor.name, against: net.name, atMost: 0.4 },
    ],
  },
];
