// @ts-check
// Hello world over HTTP on connections that stay, for the suites of servers on node:http.
import { checkResponse } from '../../load/http-check.mjs';
import { runHttpLoad } from '../../load/http-load.mjs';

/** @typedef {import('../../harness/types.mjs').Driver} Driver */
/** @typedef {import('../../harness/types.mjs').Bench} Bench */

/** How many connections. */
export const KEPT = 100;
const KEPT_SMOKE = 10;
/** Load before each window, until all connections are in step. */
const SETTLE_MS = 150;
const body = Buffer.from('Hello, World!\n');

/** @param {Driver} driver @param {Bench} bench */
export async function openKept(driver, bench) {
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
