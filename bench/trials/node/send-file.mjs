// @ts-check
// Measures files in servers that are there already: sendFile() and staticFiles() of fdreactor/node in node:http and in
// Express, beside what these have themselves, and nginx; and how late the event loop is with a thousand at once.
import { runForJson } from '../../harness/programs.mjs';
import { KB, MB } from '../../load/served-file.mjs';
import nginx from '../../peers/files/nginx.mjs';
import { ownSendFile, resSendFile, staticFiles } from '../../peers/node-files/express.mjs';
import { pipe, sendFd, sendPath } from '../../peers/node-files/node-http.mjs';
import { openFile } from '../http-server.mjs';

/**
 * @param {string} size
 * @param {number} bytes
 * @param {number} connections
 * @param {{ pipe: number, nginx: number, express: number }} atMost the ratios that are to be reached
 * @returns {import('../../harness/types.mjs').Table<import('../../harness/types.mjs').Driver>}
 */
function sendFileTable(size, bytes, connections, atMost) {
  return {
    name: `node-sendfile-${size.replace(' ', '').toLowerCase()}`,
    suite: 'node-sendfile',
    title: `File of ${size} in servers of Node, ${connections} connections`,
    unit: 'us CPU/request',
    requires: ['wrk'],
    separate: true,
    rows: [pipe, sendPath, sendFd, nginx, resSendFile, staticFiles, ownSendFile],
    open: (driver, bench) => openFile(driver, bench, bytes, connections),
    targets: [
      ...[sendPath, sendFd].flatMap(({ name: row }) => [
        { row, against: pipe.name, atMost: atMost.pipe },
        { row, against: nginx.name, atMost: atMost.nginx },
      ]),
      ...[staticFiles, ownSendFile].map(({ name: row }) => ({
        row,
        against: resSendFile.name,
        atMost: atMost.express,
      })),
    ],
  };
}

/** @typedef {import('../../harness/types.mjs').Row & { way: 'pipe' | 'path' }} ManyRow */

/** @param {ManyRow} row @param {import('../../harness/types.mjs').Bench} bench */
async function measureMany({ way }, bench) {
  const [clients, bytes] = bench.smoke ? [50, 100 * KB] : [1000, MB];
  const args = [way, clients, bytes, bench.cores.load].map(String);
  const { right, wrong, cut, p99, p50, rssMb, ...sample } = await runForJson(bench, 'programs/many-files.mjs', args);
  const problems = wrong > 0 ? [`${wrong} bodies were wrong`] : [];
  if (right < clients / 2) problems.push(`only ${right} bodies of ${clients} came whole`);
  return { ...sample, operations: right + cut, value: p99, notes: { 'ms median': p50, 'RSS MB': rssMb }, problems };
}

/** @type {import('../../harness/types.mjs').Table<ManyRow>} */
const many = {
  name: 'node-sendfile-many',
  suite: 'node-sendfile',
  title: '1,000 responses of 1 MB at once in node:http, readers that are slow, stop or reset',
  unit: 'ms event loop delay, p99',
  requires: [],
  separate: true,
  connections: 1000,
  rows: [
    { name: pipe.name, way: 'pipe', requires: ['package'] },
    { name: sendPath.name, way: 'path', requires: ['package'] },
  ],
  open: async (row, bench) => ({ measure: () => measureMany(row, bench) }),
  targets: [{ row: sendPath.name, atMost: 20 }],
};

export default [
  sendFileTable('100 KB', 100 * KB, 16, { pipe: 0.3, nginx: 2.5, express: 0.35 }),
  sendFileTable('10 MB', 10 * MB, 4, { pipe: 0.22, nginx: 1.3, express: 0.35 }),
  many,
];
