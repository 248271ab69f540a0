// @ts-check
// TCP echo, 64 bytes: the cost of an event, a recv and a send.
import epoll from '../drivers/epoll-echo.mjs';
import libuv from '../drivers/libuv-echo.mjs';
import net from '../drivers/net-echo.mjs';
import attach from '../drivers/reactor-attach-echo.mjs';
import run from '../drivers/reactor-run-echo.mjs';
import { openEcho } from './echo-server.mjs';

/** @typedef {import('../types.mjs').Driver} Driver */

/**
 * @param {number} connections @param {Driver[]} rows @param {import('../types.mjs').Target[]} targets
 * @returns {import('../types.mjs').Table<Driver>}
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

/** @type {import('../types.mjs').Table<Driver>[]} */
export default [
  echoTable(10, [run, attach], [{ row: attach.name, against: run.name, atMost: 1.2 }]),
  echoTable(
    100,
    [epoll, run, attach, libuv, net],
    [...floorAndNet, { row: attach.name, against: run.name, atMost: 1.08 }],
  ),
  echoTable(10_000, [epoll, run, attach, libuv, net], floorAndNet),
];
