// @ts-check
// bench/trials/ has a file a suite: its tables, their rows, how a row is measured, and the targets.
//
// Measures TCP echo with 64 bytes: the cost of an event, a recv and a send.
import epoll from '../peers/echo/epoll.mjs';
import libuv from '../peers/echo/libuv.mjs';
import net from '../peers/echo/net.mjs';
import attach from '../peers/echo/reactor-attach.mjs';
import run from '../peers/echo/reactor-run.mjs';
import { openEcho } from './echo-server.mjs';

/** @typedef {import('../harness/types.mjs').Driver} Driver */

/**
 * @param {number} connections @param {Driver[]} rows @param {import('../harness/types.mjs').Target[]} targets
 * @returns {import('../harness/types.mjs').Table<Driver>}
 */
function echoTable(connections, rows, targets) {
  return {
    name: `echo-${connections}`,
    suite: 'echo',
    title: `TCP echo, 64 bytes, ${connections.toLocaleString('en')} connections`,
    unit: 'us CPU/round trip',
    requires: ['cc', 'make'],
    connections,
    rows,
    open: async (driver, bench) =>
      openEcho(await driver.start(bench), bench, { transport: 'tcp', connections: bench.smoke ? 10 : connections }),
    targets,
  };
}

const floorAndNet = [
  { row: run.name, against: epoll.name, atMost: 1.03 },
  { row: run.name, against: net.name, atMost: 0.62 },
];

/** @type {import('../harness/types.mjs').Table<Driver>[]} */
export default [
  echoTable(10, [epoll, run, attach], [{ row: attach.name, against: run.name, atMost: 1.2 }]),
  echoTable(
    100,
    [epoll, run, attach, libuv, net],
    [...floorAndNet, { row: attach.name, against: run.name, atMost: 1.08 }],
  ),
  echoTable(10_000, [epoll, run, attach, libuv, net], floorAndNet),
];
