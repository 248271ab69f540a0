// @ts-check
// Runs the closed loops of 64 bytes that the echo trials share, over TCP and UDP. The load program verifies every
// byte that returns.
import { runLoad } from '../load/c-load.mjs';

/** Connections of the warm-up: the code is the same, and 10,000 take their time to connect. */
const WARMUP_CONNECTIONS = 100;
/** Load before each window, until all connections are in step. */
const SETTLE_MS = 150;

/** A round trip a connection, and a thousand together: less says nothing. @param {number} connections */
const leastOperations = (connections) => Math.max(1000, connections);
/** For a slow or busy machine: how much longer the window is that a measurement with too few is repeated with. */
const LONGER_WINDOW = 5;

/**
 * @param {import('../harness/types.mjs').Server} server @param {import('../harness/types.mjs').Bench} bench
 * @param {{ transport: 'tcp' | 'udp', connections: number, bulkBytes?: number }} shape bulkBytes: what one more
 *     connection sends as fast as it can
 * @returns {import('../harness/types.mjs').Session}
 */
export function openEcho({ port, pid, stop }, bench, { transport, connections, bulkBytes = 0 }) {
  const load = (/** @type {number[]} */ ...[count, settleMs, windowMs]) =>
    runLoad(bench, 'echo_load', [transport, port, count, settleMs, windowMs, pid, bulkBytes]);
  const tooFew = (/** @type {{ operations: number }} */ { operations }) => operations < leastOperations(connections);
  return {
    async warmUp() {
      await load(Math.min(connections, WARMUP_CONNECTIONS), 0, bench.warmupMs);
    },
    async measure() {
      let sample = await load(connections, SETTLE_MS, bench.windowMs);
      if (tooFew(sample) && sample.problems.length === 0) {
        sample = await load(connections, SETTLE_MS, bench.windowMs * LONGER_WINDOW);
      }
      if (tooFew(sample)) sample.problems.push(`only ${sample.operations} round trips`);
      return sample;
    },
    close: stop,
  };
}
