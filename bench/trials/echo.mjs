// @ts-check
// TCP echo, 64 bytes: the cost of an event, a recv and a send. The load program verifies every byte that comes back and
// reads the server's CPU clock at both ends of the window.
import { built } from '../build.mjs';
import epoll from '../drivers/epoll-echo.mjs';
import libuv from '../drivers/libuv-echo.mjs';
import net from '../drivers/net-echo.mjs';
import attach from '../drivers/reactor-attach-echo.mjs';
import run from '../drivers/reactor-run-echo.mjs';
import { runProgram } from '../processes.mjs';

/** @typedef {import('../types.mjs').Driver} Driver */
/** @typedef {import('../types.mjs').Bench} Bench */

/** Connections of the warm-up: the code is the same, and 10,000 take their time to connect. */
const WARMUP_CONNECTIONS = 100;
/** Load before each window, until all connections are in step. */
const SETTLE_MS = 150;

/** A round trip a connection, and a thousand together: less says nothing. @param {number} connections */
const leastOperations = (connections) => Math.max(1000, connections);
/** For a slow or busy machine: how much longer the window is that a measurement with too few is repeated with. */
const LONGER_WINDOW = 5;

/**
 * @param {Bench} bench @param {import('../types.mjs').Server} server
 * @param {{ connections: number, settleMs: number, windowMs: number }} load
 * @returns {Promise<import('../types.mjs').Sample>}
 */
async function runLoad({ cores }, { port, pid }, { connections, settleMs, windowMs }) {
  const args = [port, connections, settleMs, windowMs, pid].map(String);
  const { errors, firstError, ...sample } = JSON.parse(await runProgram(cores.load, built('echo_load'), args));
  const problems = errors > 0 ? [`${errors} errors, the first: ${firstError}`] : [];
  return { ...sample, value: (sample.cpuSeconds / sample.operations) * 1e6, problems };
}

/**
 * @param {Driver} driver @param {Bench} bench @param {number} connections
 * @returns {Promise<import('../types.mjs').Session>}
 */
async function openEcho(driver, bench, connections) {
  const server = await driver.start(bench);
  return {
    async warmUp() {
      const load = { connections: Math.min(connections, WARMUP_CONNECTIONS), settleMs: 0, windowMs: bench.warmupMs };
      await runLoad(bench, server, load);
    },
    async measure() {
      const measureFor = (/** @type {number} */ windowMs) =>
        runLoad(bench, server, { connections, settleMs: SETTLE_MS, windowMs });
      const tooFew = (/** @type {import('../types.mjs').Sample} */ { operations = 0 }) =>
        operations < leastOperations(connections);
      let sample = await measureFor(bench.windowMs);
      if (tooFew(sample) && sample.problems.length === 0) sample = await measureFor(bench.windowMs * LONGER_WINDOW);
      if (tooFew(sample)) sample.problems.push(`only ${sample.operations} round trips`);
      return sample;
    },
    close: server.stop,
  };
}

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
    open: (driver, bench) => openEcho(driver, bench, connections),
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
