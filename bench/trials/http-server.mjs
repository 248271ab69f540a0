// @ts-check
// What the HTTP trials share: start a server, check a response, measure under wrk, check another response.
import { checkResponse } from '../http-check.mjs';
import { measureHttp } from '../wrk.mjs';

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
    const { problems, ...sample } = await measureHttp(server.pid, {
      core: bench.cores.load,
      url,
      connections,
      warmupMs: bench.warmupMs,
      durationMs: bench.windowMs,
      bodyBytes: body.length,
    });
    await checkResponse(url, body);
    if (sample.operations < leastOperations) problems.push(`only ${sample.operations} responses`);
    return { ...sample, value: value(sample), problems };
  } finally {
    await server.stop();
  }
}
