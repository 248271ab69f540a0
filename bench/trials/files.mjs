// @ts-check
// Measures static files over HTTP/1.1 with keep-alive: sendfile against a copy through user space.

import { KB, MB } from '../load/served-file.mjs';
import nginx from '../peers/files/nginx.mjs';
import node from '../peers/files/node.mjs';
import reactor from '../peers/files/reactor.mjs';
import { openFile } from './http-server.mjs';

/**
 * @param {string} size
 * @param {number} bytes
 * @param {number} connections
 * @returns {import('../harness/types.mjs').Table<import('../harness/types.mjs').Driver>}
 */
function filesTable(size, bytes, connections) {
  return {
    name: `files-${size.replace(' ', '').toLowerCase()}`,
    suite: 'files',
    title: `Static file of ${size} over HTTP, ${connections} connections`,
    unit: 'us CPU/request',
    requires: ['wrk'],
    rows: [nginx, reactor, node],
    open: (driver, bench) => openFile(driver, bench, bytes, connections),
    targets: [{ row: reactor.name, against: nginx.name, atMost: 1.1 }],
  };
}

// Few connections for the large file: what stands in their buffers at the end of a window was sent, but never counted.
export default [filesTable('100 KB', 100 * KB, 16), filesTable('10 MB', 10 * MB, 4)];
