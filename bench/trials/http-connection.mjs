// @ts-check
// Measures hello world over HTTP/1.1 on Connection, beside C, nginx, uWebSockets.js and the server that is written by
// hand on the Reactor with the same parser; and with 16 requests at a time on each connection.
import { checkResponse } from '../load/http-check.mjs';
import { runHttpLoad } from '../load/http-load.mjs';
import connection from '../peers/http/connection.mjs';
import epoll from '../peers/http/epoll.mjs';
import nginx from '../peers/http/nginx.mjs';
import reactor from '../peers/http/reactor.mjs';
import uws from '../peers/http/uws.mjs';

/** @typedef {import('../harness/types.mjs').Driver} Driver */
/** @typedef {import('../harness/types.mjs').Bench} Bench */
/** @typedef {Driver & { depth: number }} DeepDriver */

const body = Buffer.from('Hello, World!\n');
/** Load before each window, until all connections are in step. */
const SETTLE_MS = 150;
/** A window is at least so long for each connection: every one is answered some times. */
const WINDOW_MS_EACH = 0.1;
/** Connections of the warm-up: the code is the same, and 10,000 take their time to connect. */
const WARMUP_CONNECTIONS = 100;
const SMOKE = 10;
/** Measured without --only: the others take minutes. */
const USUAL = 100;

/** @param {Driver} driver @param {Bench} bench @param {number} connections @param {number} depth */
async function open(driver, bench, connections, depth) {
  const server = await driver.start(bench);
  const url = `http://127.0.0.1:${server.port}/hello`;
  const windowMs = Math.max(bench.windowMs, connections * WINDOW_MS_EACH);
  return {
    async warmUp() {
      const few = Math.min(connections, WARMUP_CONNECTIONS);
      await runHttpLoad(server, bench, {
        connections: few,
        active: few,
        settleMs: 0,
        windowMs: driver.jit ? bench.warmupMs : SETTLE_MS,
        depth,
      });
    },
    async measure() {
      await checkResponse(url, body);
      const load = { connections, active: connections, settleMs: SETTLE_MS, windowMs, depth };
      const { memoryBefore, memoryHeld, processes, errors, firstError, ...sample } = await runHttpLoad(
        server,
        bench,
        load,
      );
      await checkResponse(url, body);
      return { ...sample, value: (sample.cpuSeconds / sample.operations) * 1e6, problems: [] };
    },
    close: server.stop,
  };
}

/** @param {number} connections @param {number} ofNginx @returns {import('../harness/types.mjs').Table<Driver>} */
const helloTable = (connections, ofNginx) => ({
  name: `http-connection-${connections}`,
  suite: 'http-connection',
  title: `HTTP hello world on Connection, ${connections.toLocaleString('en')} connections`,
  unit: 'us CPU/request',
  requires: ['cc', 'make'],
  separate: connections !== USUAL,
  connections,
  rows: [nginx, connection, reactor, uws, epoll],
  open: (driver, bench) => open(driver, bench, bench.smoke ? SMOKE : connections, 1),
  targets: [
    { row: connection.name, against: nginx.name, atMost: ofNginx },
    { row: connection.name, against: reactor.name, atMost: 0.88 },
    { row: connection.name, against: uws.name, atMost: 1 },
  ],
});

const DEEP = 16;
const PIPELINED = 100;

/** @param {Driver} driver @param {number} depth @returns {DeepDriver} */
const deep = (driver, depth) => ({ ...driver, name: `${driver.name}, ${depth} deep`, depth });

/** @type {import('../harness/types.mjs').Table<DeepDriver>} */
const pipelined = {
  name: 'http-connection-pipelined',
  suite: 'http-connection',
  title: `HTTP hello world, ${PIPELINED} connections, one request at a time on each and ${DEEP}`,
  unit: 'us CPU/request',
  requires: ['cc', 'make'],
  separate: true,
  connections: PIPELINED,
  rows: [
    deep(nginx, 1),
    deep(connection, 1),
    ...[nginx, connection, reactor, uws, epoll].map((driver) => deep(driver, DEEP)),
  ],
  open: (driver, bench) => open(driver, bench, bench.smoke ? SMOKE : PIPELINED, driver.depth),
  targets: [
    // At least 1.6 times the requests of a CPU second.
    { row: `${connection.name}, ${DEEP} deep`, against: `${connection.name}, 1 deep`, atMost: 1 / 1.6 },
    { row: `${connection.name}, ${DEEP} deep`, against: `${nginx.name}, ${DEEP} deep`, atMost: 1 },
    { row: `${connection.name}, ${DEEP} deep`, against: `${uws.name}, ${DEEP} deep`, atMost: 1 },
  ],
};

export default [helloTable(100, 1), helloTable(1000, 0.88), helloTable(10_000, 0.88), pipelined];
