// @ts-check
// Measures the cost of an event beside idle fds, in the shape of libevent's benchmark: a hundred bytes go round in
// the socket pairs, and all pairs are watched. An event costs its part of a wait, a recv and a send.
import { built } from '../harness/build.mjs';
import { runProgram } from '../harness/processes.mjs';
import { runForJson } from '../harness/programs.mjs';

/** @typedef {import('../harness/types.mjs').Row & { kind: string | null }} DispatchRow */

const COUNTS = { active: 100, warmUp: 20_000, events: 100_000 };
const SMOKE = { active: 10, warmUp: 100, events: 1000 };
const SMOKE_PAIRS = 50;

/** @type {DispatchRow[]} */
const rows = [
  { name: 'C epoll', kind: null, requires: ['cc', 'make'] },
  { name: 'Reactor', kind: 'reactor', requires: ['package'] },
  { name: 'fdreactor/epoll', kind: 'epoll', requires: ['package'] },
  { name: 'node:net', kind: 'net', requires: ['package'] },
];

/** @param {DispatchRow} row @param {import('../harness/types.mjs').Bench} bench @param {number} pairs */
async function measure({ kind }, bench, pairs) {
  const { active, warmUp, events } = bench.smoke ? SMOKE : COUNTS;
  const args = [bench.smoke ? SMOKE_PAIRS : pairs, active, warmUp, events].map(String);
  const work =
    kind === null
      ? JSON.parse(await runProgram(bench.cores.server, built('dispatch'), args))
      : await runForJson(bench, 'programs/dispatch.mjs', [kind, ...args]);
  return { ...work, value: (work.cpuSeconds / work.operations) * 1e9, problems: [] };
}

/** @param {number} pairs @returns {import('../harness/types.mjs').Table<DispatchRow>} */
function dispatchTable(pairs) {
  return {
    name: `dispatch-${pairs}`,
    suite: 'dispatch',
    title: `Bytes that go round in ${pairs.toLocaleString('en')} socket pairs, ${COUNTS.active} at a time`,
    unit: 'ns CPU/event',
    requires: ['cc', 'make'],
    separate: true,
    connections: pairs * 2,
    rows,
    open: async (row, bench) => ({ measure: () => measure(row, bench, pairs) }),
    targets: [],
  };
}

export default [100, 1000, 3000, 9000].map(dispatchTable);
