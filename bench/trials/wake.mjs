// @ts-check
// Measures two threads that wake each other in turns, on one core. MessagePort is the way of Node.js: a queue, and
// uv_async_send for the wake-up.
import { built } from '../harness/build.mjs';
import { runProgram } from '../harness/processes.mjs';
import { runForJson } from '../harness/programs.mjs';

/** @typedef {import('../harness/types.mjs').Row & { kind: string | null }} WakeRow */

const COUNTS = { warmUp: 5000, roundTrips: 50_000 };
const SMOKE = { warmUp: 10, roundTrips: 200 };

/** @param {WakeRow} row @param {import('../harness/types.mjs').Bench} bench */
async function measure({ kind }, bench) {
  const { warmUp, roundTrips } = bench.smoke ? SMOKE : COUNTS;
  const args = [warmUp, roundTrips].map(String);
  const work =
    kind === null
      ? JSON.parse(await runProgram(bench.cores.server, built('wake'), args))
      : await runForJson(bench, 'programs/wake.mjs', [kind, ...args]);
  return { ...work, value: (work.cpuSeconds / work.operations) * 1e6, problems: [] };
}

/** @type {import('../harness/types.mjs').Table<WakeRow>[]} */
export default [
  {
    name: 'wake',
    suite: 'wake',
    title: 'Two threads that wake each other in turns',
    unit: 'us CPU/round trip',
    requires: ['cc', 'make'],
    separate: true,
    rows: [
      { name: 'C eventfd, epoll', kind: null, requires: [] },
      { name: 'Reactor run()', kind: 'run', requires: ['package'] },
      { name: 'Reactor attach()', kind: 'attach', requires: ['package'] },
      { name: 'node:worker_threads', kind: 'message', requires: ['package'] },
    ],
    open: async (row, bench) => ({ measure: () => measure(row, bench) }),
    targets: [],
  },
];
