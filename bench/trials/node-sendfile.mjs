// @ts-check
// Measures files in servers that are there already: sendFile() and staticFiles() of fdreactor/node in node:http and in
// Express, beside what these have themselves, and nginx.
import { KB, MB, servedFile } from '../load/served-file.mjs';
import nginx from '../peers/files/nginx.mjs';
import { resSendFile, staticFiles } from '../peers/node-files/express.mjs';
import { pipe, sendFd, sendPath } from '../peers/node-files/node-http.mjs';
import { openHttp } from './http-server.mjs';

/**
 * @param {string} size
 * @param {number} bytes
 * @param {number} connections
 * @param {{ pipe: number, nginx: number, express: number }} atMost the ratios that are to be reached
 * @returns {import('../harness/types.mjs').Table<import('../harness/types.mjs').Driver>}
 */
function sendFileTable(size, bytes, connections, atMost) {
  return {
    name: `node-sendfile-${size.replace(' ', '').toLowerCase()}`,
    suite: 'node-sendfile',
    title: `File of ${size} in servers of Node, ${connections} connections`,
    unit: 'us CPU/request',
    requires: ['wrk'],
    separate: true,
    rows: [pipe, sendPath, sendFd, nginx, resSendFile, staticFiles],
    async open(driver, bench) {
      const { path, body } = servedFile(bench.directory, bytes);
      return openHttp(await driver.start(bench), bench, {
        path,
        body,
        connections,
        leastOperations: connections,
        // By bytes: responses that the end of the window cut off were work as well.
        value: (result) => (result.cpuSeconds / (result.bytes / body.length)) * 1e6,
      });
    },
    targets: [
      ...[sendPath, sendFd].flatMap(({ name: row }) => [
        { row, against: pipe.name, atMost: atMost.pipe },
        { row, against: nginx.name, atMost: atMost.nginx },
      ]),
      { row: staticFiles.name, against: resSendFile.name, atMost: atMost.express },
    ],
  };
}

export default [
  sendFileTable('100 KB', 100 * KB, 16, { pipe: 0.3, nginx: 2.5, express: 0.35 }),
  sendFileTable('10 MB', 10 * MB, 4, { pipe: 0.22, nginx: 1.3, express: 0.35 }),
];
