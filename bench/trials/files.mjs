// @ts-check
// Static files over HTTP/1.1, keep-alive: sendfile against a copy through user space.
import nginx from '../drivers/nginx-files.mjs';
import node from '../drivers/node-files.mjs';
import reactor from '../drivers/reactor-files.mjs';
import { KB, MB, servedFile } from '../files.mjs';
import { openHttp } from './http-server.mjs';

/** @param {string} size @param {number} bytes @param {number} connections @returns {import('../types.mjs').Table<import('../types.mjs').Driver>} */
function filesTable(size, bytes, connections) {
  return {
    name: `files-${size.replace(' ', '').toLowerCase()}`,
    suite: 'files',
    title: `Static file of ${size} over HTTP, ${connections} connections`,
    unit: 'us CPU/request',
    requires: ['wrk'],
    rows: [nginx, reactor, node],
    open: async (driver, bench) =>
      openHttp(await driver.start(bench), bench, {
        ...servedFile(bench.directory, bytes),
        connections,
        leastOperations: connections,
        value: ({ cpuSeconds, operations }) => (cpuSeconds / operations) * 1e6,
      }),
    targets: [{ row: reactor.name, against: nginx.name, atMost: 1.1 }],
  };
}

export default [filesTable('100 KB', 100 * KB, 16), filesTable('10 MB', 10 * MB, 4)];
