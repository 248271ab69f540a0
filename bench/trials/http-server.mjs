// @ts-check
// Runs what the HTTP trials share: checks a response, measures the load, checks another response.
import { checkResponse } from '../load/http-check.mjs';
import { servedFile } from '../load/served-file.mjs';
import { measureHttp, runWrk } from '../load/wrk.mjs';

const LONGER_WINDOW = 5;

/**
 * @typedef {object} Request
 * @property {string} path
 * @property {Buffer} body what the response has to be
 * @property {number} connections
 * @property {number} leastOperations
 * @property {(result: { cpuSeconds: number, operations: number, bytes: number }) => number} value
 */

/**
 * @param {import('../harness/types.mjs').Server} server @param {import('../harness/types.mjs').Bench} bench @param
 *     {Request} request
 * @returns {import('../harness/types.mjs').Session}
 */
export function openHttp(server, bench, { path, body, connections, leastOperations, value }) {
  const url = `http://127.0.0.1:${server.port}${path}`;
  const load = { core: bench.cores.load, url, connections };
  const measureFor = (/** @type {number} */ durationMs) =>
    measureHttp(server.pid, body.length, { ...load, durationMs });
  return {
    async warmUp() {
      await runWrk({ ...load, durationMs: bench.warmupMs });
    },
    async measure() {
      await checkResponse(url, body);
      let sample = await measureFor(bench.windowMs);
      // A slow or busy machine: once more, with a window that should have been enough several times over.
      if (sample.operations < leastOperations && sample.problems.length === 0) {
        sample = await measureFor(bench.windowMs * LONGER_WINDOW);
      }
      await checkResponse(url, body);
      if (sample.operations < leastOperations) sample.problems.push(`only ${sample.operations} responses`);
      return { ...sample, value: value(sample) };
    },
    close: server.stop,
  };
}

/**
 * A server of one file.
 * @param {import('../harness/types.mjs').Driver} driver @param {import('../harness/types.mjs').Bench} bench
 * @param {number} bytes of the file @param {number} connections
 */
export async function openFile(driver, bench, bytes, connections) {
  const { path, body } = servedFile(bench.directory, bytes);
  return openHttp(await driver.start(bench), bench, {
    path,
    body,
    connections,
    leastOperations: connections,
    // By bytes: responses that the end of the window cut off were work as well.
    value: (result) => (result.cpuSeconds / (result.bytes / body.length)) * 1e6,
  });
}
