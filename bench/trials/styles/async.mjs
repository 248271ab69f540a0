// @ts-check
// Measures TCP echo with 64 bytes on connections by await, in each style of reading, beside the callbacks of Connection
// and beside `for await` of node:net. The event loop of Node.js drives them all.
import forAwait from '../../peers/async/for-await.mjs';
import netForAwait from '../../peers/async/net-for-await.mjs';
import read from '../../peers/async/read.mjs';
import serve from '../../peers/async/serve.mjs';
import tryRead from '../../peers/async/try-read.mjs';
import callbacks from '../../peers/echo/connection-attach.mjs';
import net from '../../peers/echo/net.mjs';
import { openEcho } from '../echo-server.mjs';

/** @typedef {import('../../harness/types.mjs').Driver} Driver */

const SMOKE = 10;

/** @param {number} connections @returns {import('../../harness/types.mjs').Table<Driver>} */
const echoTable = (connections) => ({
  name: `async-${connections}`,
  suite: 'async',
  title: `TCP echo by await, 64 bytes, ${connections.toLocaleString('en')} connections`,
  unit: 'us CPU/round trip',
  requires: ['cc', 'make'],
  separate: true,
  connections,
  rows: [callbacks, tryRead, read, forAwait, serve, net, netForAwait],
  open: async (driver, bench) =>
    openEcho(await driver.start(bench), bench, { transport: 'tcp', connections: bench.smoke ? SMOKE : connections }),
  targets: [
    { row: tryRead.name, against: callbacks.name, atMost: 1.15 },
    { row: forAwait.name, against: callbacks.name, atMost: 1.25 },
    { row: serve.name, against: callbacks.name, atMost: 1.25 },
    { row: forAwait.name, against: netForAwait.name, atMost: 0.5 },
  ],
});

export default [echoTable(10), echoTable(100), echoTable(1000)];
