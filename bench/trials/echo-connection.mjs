// @ts-check
// Measures TCP echo with 64 bytes on Connection, beside C, the echo that is written by hand on the Reactor, and
// node:net; and what those that echo feel of a connection that sends as fast as it can.
import attach from '../peers/echo/connection-attach.mjs';
import connection from '../peers/echo/connection-run.mjs';
import epoll from '../peers/echo/epoll.mjs';
import net from '../peers/echo/net.mjs';
import reactor from '../peers/echo/reactor-run.mjs';
import { openEcho } from './echo-server.mjs';

/** @typedef {import('../harness/types.mjs').Driver} Driver */
/** @typedef {Driver & { bulkBytes: number }} BesideDriver */

const SMOKE = 10;
/** Measured without --only: the others take minutes. */
const USUAL = 100;

/** @param {number} connections @param {number} ofC @returns {import('../harness/types.mjs').Table<Driver>} */
const echoTable = (connections, ofC) => ({
  name: `echo-connection-${connections}`,
  suite: 'echo-connection',
  title: `TCP echo on Connection, 64 bytes, ${connections.toLocaleString('en')} connections`,
  unit: 'us CPU/round trip',
  requires: ['cc', 'make'],
  separate: connections !== USUAL,
  connections,
  rows: [epoll, connection, attach, reactor, net],
  open: async (driver, bench) =>
    openEcho(await driver.start(bench), bench, { transport: 'tcp', connections: bench.smoke ? SMOKE : connections }),
  targets: [
    { row: connection.name, against: epoll.name, atMost: ofC },
    { row: connection.name, against: reactor.name, atMost: 0.95 },
    { row: connection.name, against: net.name, atMost: 0.5 },
    { row: attach.name, against: connection.name, atMost: 1.04 },
  ],
});

const BESIDE = 1000;
const BULK_BYTES = 1e9;

/** @param {Driver} driver @param {string} what @param {number} bulkBytes @returns {BesideDriver} */
const beside = (driver, what, bulkBytes) => ({ ...driver, name: `${driver.name}, ${what}`, bulkBytes });
const bulkRows = [epoll, connection].flatMap((driver) => [
  beside(driver, 'alone', 0),
  beside(driver, 'beside 1 GB', BULK_BYTES),
]);

/** @type {import('../harness/types.mjs').Table<BesideDriver>} */
const bulk = {
  name: 'echo-connection-bulk',
  suite: 'echo-connection',
  title: `${BESIDE.toLocaleString('en')} connections that echo, beside one that sends 1 GB as fast as it can`,
  unit: 'us CPU/round trip',
  requires: ['cc', 'make'],
  separate: true,
  connections: BESIDE,
  rows: bulkRows,
  open: async (driver, bench) =>
    openEcho(await driver.start(bench), bench, {
      transport: 'tcp',
      connections: bench.smoke ? SMOKE : BESIDE,
      bulkBytes: driver.bulkBytes,
    }),
  targets: [
    { row: `${connection.name}, beside 1 GB`, against: `${connection.name}, alone`, atMost: 1.5, figure: 'p99Us' },
  ],
};

export default [echoTable(10, 1.1), echoTable(100, 1.06), echoTable(10_000, 1.08), bulk];
