// @ts-check
// Measures CONNECT tunnels through a proxy on node:http, in each one response of 10 MB after the other. nginx behind it
// and the load before it share the other core.
import path from 'node:path';
import { runLoad } from '../../load/c-load.mjs';
import { MB, servedFile } from '../../load/served-file.mjs';
import nginx from '../../peers/files/nginx.mjs';
import pipe from '../../peers/tunnel/pipe.mjs';
import splice from '../../peers/tunnel/splice.mjs';

/** @typedef {import('../../harness/types.mjs').Driver} Driver */

/** Few: what stands in their buffers at the end of a window was moved, but never counted. */
const TUNNELS = 4;
const SETTLE_MS = 50;

/** @typedef {import('../../harness/types.mjs').Session} Session */

/** @param {Driver} driver @param {import('../../harness/types.mjs').Bench} bench @returns {Promise<Session>} */
async function open(driver, bench) {
  const served = servedFile(bench.directory, 10 * MB);
  const file = path.join(bench.directory, served.path);
  const backend = await nginx.start({ ...bench, cores: { ...bench.cores, server: bench.cores.load } });
  const proxy = await driver.start(bench);
  const run = (/** @type {number} */ durationMs) =>
    runLoad(bench, 'tunnel_load', [
      ...[proxy.port, backend.port, TUNNELS, file, served.path, SETTLE_MS, durationMs, proxy.pid],
    ]);
  return {
    async warmUp() {
      await run(bench.warmupMs);
    },
    async measure() {
      const sample = await run(bench.windowMs);
      const { bytes, cpuSeconds } = /** @type {{ bytes: number, cpuSeconds: number }} */ (
        /** @type {unknown} */ (sample)
      );
      if (bytes < TUNNELS * MB) sample.problems.push(`only ${bytes} bytes`);
      return { ...sample, value: cpuSeconds / (bytes / 1e9) };
    },
    async close() {
      await proxy.stop();
      await backend.stop();
    },
  };
}

/** @type {import('../../harness/types.mjs').Table<Driver>[]} */
export default [
  {
    name: 'node-splice',
    suite: 'node-splice',
    separate: true,
    title: `CONNECT tunnels through node:http, HTTP responses of 10 MB, ${TUNNELS} tunnels`,
    unit: 's CPU/GB',
    requires: ['cc', 'make', 'nginx'],
    rows: [pipe, splice],
    open,
    targets: [{ row: splice.name, against: pipe.name, atMost: 0.55 }],
  },
];
