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

/** Ten round trips a connection, or a thousand together: less says nothing. @param {number} connections */
const leastOperations = (connections) => Math.max(1000, connections);

/** @param {number} connections @returns {(driver: Driver, bench: Bench) => Promise<import('../types.mjs').Sample>} */
function measureEcho(connections) {
  return async (driver, bench) => {
    const server = await driver.start(bench);
    try {
      const args = [server.port, connections, bench.warmupMs, bench.windowMs, server.pid].map(String);
      const result = JSON.parse(await runProgram(bench.cores.load, built('echo_load'), args));
      const { errors, firstError, ...sample } = result;
      const problems = errors > 0 ? [`${errors} errors, the first: ${firstError}`] : [];
      if (sample.operations < leastOperations(connections)) problems.push(`only ${sample.operations} round trips`);
      return { ...sample, value: (sample.cpuSeconds / sample.operations) * 1e6, problems };
    } finally {
      await server.stop();
    }
  };
}

/** @param {number} connections @param {Driver[]} rows @param {import('../types.mjs').Target[]} targets */
function echoTable(connections, rows, targets) {
  return {
    name: `echo-${connections}`,
    suite: 'echo',
    title: `TCP echo, 64 bytes, ${connections.toLocaleString('en')} connections`,
    unit: 'us CPU/round trip',
    requires: [],
    connections,
    rows,
    measure: measureEcho(connections),
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
