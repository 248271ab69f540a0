// @ts-check
// What the HTTP trials share: start a server, check a response, measure under wrk, check another response.
import { checkResponse } from '../http-check.mjs';
import { measureHttp, runWrk } from '../wrk.mjs';

const LONGER_WINDOW = 5;

/**
 * @param {() => Promise<import('../types.mjs').Server>} start
 * @param {import('../types.mjs').Bench} bench
 * @param {{
 *   path: string, body: Buffer, connections: number, leastOperations: number,
 *   value: (result: { cpuSeconds: number, operations: number }) => number,
 * }} request
 * @returns {Promise<import('../types.mjs').Sample>}
 */
export async function measureHttpServer(start, bench, { path, body, connections, leastOperations, value }) {
  const server = await start();
  try {
    const url = `http://127.0.0.1:${server.port}${path}`;
    await checkResponse(url, body);
    const load = { core: bench.cores.load, url, connections };
    await runWrk({ ...load, durationMs: bench.warmupMs });
    let { problems, ...sample } = await measureHttp(server.pid, body.length, { ...load, durationMs: bench.windowMs });
    if (sample.operations < leastOperations && problems.length === 0) {
      // A slow or busy machine: once more, with a window that should have been enough several times over.
      const durationMs = bench.windowMs * LONGER_WINDOW;
      ({ problems, ...sample } = await measureHttp(server.pid, body.length, { ...load, durationMs }));
    }
    await checkResponse(url, body);
    if (sample.operations < leastOperations) problems.push(`only ${sample.operations} responses`);
    return { ...sample, value: value(sample), problems };
  } finally {
    await server.stop();
  }
}
