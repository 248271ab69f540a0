// @ts-check
// Measures messages that go to thousands of connections, of which one in a hundred never reads: what a delivery costs,
// what the server holds for those that are stuck, and what the others feel of them.
import { runLoad } from '../load/c-load.mjs';
import connection from '../peers/broadcast/connection.mjs';
import epoll from '../peers/broadcast/epoll.mjs';

/** @typedef {import('../harness/types.mjs').Driver} Driver */
/** @typedef {import('../harness/types.mjs').Bench} Bench */
/** @typedef {Driver & { isStuck: boolean }} BroadcastDriver */

const CONNECTIONS = 5000;
/** Of so many connections one never reads. */
const ONE_IN = 100;
const SMOKE = 100;
const WARMUP_CONNECTIONS = 200;
const SETTLE_MS = 150;
/** Messages to all, at least. */
const LEAST_MESSAGES = 2;
const LONGER_WINDOW = 5;
/** What may be queued for one connection, in bytes (c/shared/broadcast.h). */
const QUEUE_MOST = 65536;

/** @param {BroadcastDriver} driver @param {Bench} bench @returns {Promise<import('../harness/types.mjs').Session>} */
async function open({ start, isStuck }, bench) {
  const { port, pid, stop } = await start(bench);
  /** @param {number} connections @param {number} settleMs @param {number} windowMs */
  const load = (connections, settleMs, windowMs) => {
    const stuck = connections / ONE_IN;
    return runLoad(bench, 'broadcast_load', [
      port,
      connections - stuck, // in all rows
      isStuck ? stuck : 0,
      settleMs,
      windowMs,
      pid,
    ]);
  };
  const connections = bench.smoke ? SMOKE : CONNECTIONS;
  const tooFew = (/** @type {{ operations: number }} */ { operations }) => operations < LEAST_MESSAGES * connections;
  return {
    async warmUp() {
      await load(Math.min(connections, WARMUP_CONNECTIONS), 0, bench.warmupMs);
    },
    async measure() {
      let sample = await load(connections, SETTLE_MS, bench.windowMs);
      if (tooFew(sample) && sample.problems.length === 0)
        sample = await load(connections, SETTLE_MS, bench.windowMs * LONGER_WINDOW);
      if (tooFew(sample)) sample.problems.push(`only ${sample.operations} deliveries`);
      return sample;
    },
    close: stop,
  };
}

/** @param {Driver} driver @returns {BroadcastDriver[]} */
const rows = (driver) => [
  { ...driver, name: `${driver.name}, 1 % stuck`, isStuck: true },
  { ...driver, name: `${driver.name}, none stuck`, isStuck: false },
];
const [cStuck, cAll] = rows(epoll);
const [stuck, all] = rows(connection);

/** @type {import('../harness/types.mjs').Table<BroadcastDriver>[]} */
export default [
  {
    name: 'broadcast',
    suite: 'broadcast',
    title: `100 bytes to ${CONNECTIONS.toLocaleString('en')} connections, of which 1 % never read or all do`,
    unit: 'us CPU/delivery',
    requires: ['cc', 'make'],
    separate: true,
    connections: CONNECTIONS,
    rows: [cStuck, stuck, cAll, all],
    open,
    targets: [
      { row: stuck.name, against: cStuck.name, atMost: 1.2 },
      { row: all.name, against: cAll.name, atMost: 1.2 },
      { row: stuck.name, against: all.name, atMost: 1.1, figure: 'p99Us' },
      { row: stuck.name, atMost: QUEUE_MOST, figure: 'B queued' },
      // Objects, and memory that grows by doubling.
      { row: stuck.name, atMost: 1.5 * QUEUE_MOST, figure: 'B held' },
    ],
  },
];
