// @ts-check
// Measures several threads and processes beside one: what a connection costs that is handed to a worker, and a request
// on one that stays. All of a server runs on one core, so that the figures are CPU time, and no gain by more cores.
import { runLoad } from '../load/c-load.mjs';
import { checkResponse } from '../load/http-check.mjs';
import { runHttpLoad } from '../load/http-load.mjs';
import { roundRobinHttp, roundRobinNet, sharedHttp, sharedNet } from '../peers/cores/cluster.mjs';
import { handOff, handOffAttached, local, sharded } from '../peers/cores/pool.mjs';

/** @typedef {import('../harness/types.mjs').Driver} Driver */
/** @typedef {import('../harness/types.mjs').Bench} Bench */

const body = Buffer.from('Hello, World!\n');
/** Under way at a time: below every backlog. */
const PARALLEL = 128;
/** The warm-up compiles the code of each thread anew. */
const CONNECTIONS = { measured: 4000, warmUp: 16_000 };
const SMOKE = { measured: 200, warmUp: 0 };
const KEPT = 100;
const KEPT_SMOKE = 10;
/** Load before each window, until all connections are in step. */
const SETTLE_MS = 150;

/** Connections that are made and ended at once. @param {Driver} driver @param {Bench} bench */
async function openShort(driver, bench) {
  const { port, group, stop } = await driver.start(bench);
  const { measured, warmUp } = bench.smoke ? SMOKE : CONNECTIONS;
  /** @param {number} first those that are not counted @param {number} counted */
  const storm = (first, counted) => runLoad(bench, 'connect_load', [port, PARALLEL, first, counted, group]);
  return {
    async warmUp() {
      if (warmUp > 0) await storm(0, warmUp);
    },
    async measure() {
      const sample = await storm(PARALLEL, measured);
      if (sample.operations < measured) sample.problems.push(`only ${sample.operations} connections of ${measured}`);
      return sample;
    },
    close: stop,
  };
}

/** Connections that stay. @param {Driver} driver @param {Bench} bench */
async function openKept(driver, bench) {
  const server = await driver.start(bench);
  const connections = bench.smoke ? KEPT_SMOKE : KEPT;
  /** @param {number} windowMs */
  const load = (windowMs) =>
    runHttpLoad(server, bench, { connections, active: connections, settleMs: SETTLE_MS, windowMs });
  return {
    async warmUp() {
      await load(bench.warmupMs);
    },
    async measure() {
      await checkResponse(`http://127.0.0.1:${server.port}/hello`, body);
      const { memoryBefore, memoryHeld, processes, errors, firstError, ...sample } = await load(bench.windowMs);
      return { ...sample, value: (sample.cpuSeconds / sample.operations) * 1e6, problems: [] };
    },
    close: server.stop,
  };
}

/** @type {import('../harness/types.mjs').Table<Driver>[]} */
export default [
  {
    name: 'cores-short',
    suite: 'cores',
    title: `Connections made and ended, ${PARALLEL} at a time, on several threads and processes`,
    unit: 'us CPU/connection',
    requires: ['cc', 'make'],
    separate: true,
    rows: [local, handOff, handOffAttached, sharded, sharedNet, roundRobinNet],
    open: openShort,
    targets: [
      { row: handOff.name, against: local.name, atMost: 1.15 },
      { row: handOff.name, against: sharedNet.name, atMost: 0.35 },
      { row: handOff.name, against: roundRobinNet.name, atMost: 0.1 },
      { row: sharded.name, against: sharedNet.name, atMost: 0.35 },
      { row: sharded.name, against: roundRobinNet.name, atMost: 0.1 },
    ],
  },
  {
    name: 'cores-kept',
    suite: 'cores',
    title: `HTTP hello world, ${KEPT} connections that stay, on several threads and processes`,
    unit: 'us CPU/request',
    requires: ['cc', 'make'],
    separate: true,
    rows: [local, handOff, handOffAttached, sharded, sharedHttp, roundRobinHttp],
    open: openKept,
    targets: [
      { row: handOff.name, against: local.name, atMost: 1.05 },
      { row: sharded.name, against: local.name, atMost: 1.05 },
      { row: handOff.name, against: roundRobinHttp.name, atMost: 0.35 },
      { row: sharded.name, against: roundRobinHttp.name, atMost: 0.35 },
    ],
  },
];
