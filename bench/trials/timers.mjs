// @ts-check
// Measures a million timers of the Reactor and of Node.js: with one delay for all, as time-outs of connections have
// it, and with random delays, for which Node.js keeps a list for each millisecond.
import { runForJson } from '../harness/programs.mjs';

/** @typedef {import('../harness/types.mjs').Row & { kind: string }} TimerRow */
/** @typedef {import('../programs/work.mjs').Work} Work */

const COUNT = 1_000_000;
const SMOKE = 1000;

/** @type {TimerRow[]} */
const rows = [
  { name: 'Reactor', kind: 'reactor', requires: ['package'] },
  { name: 'node:timers', kind: 'node', requires: [] },
];

/** @param {Work} work */
const nanoseconds = ({ cpuSeconds, operations }) => (cpuSeconds / operations) * 1e9;

/**
 * @param {TimerRow} row
 * @param {import('../harness/types.mjs').Bench} bench
 * @param {string} task
 * @param {string} delays
 */
function run({ kind }, bench, task, delays) {
  const count = String(bench.smoke ? SMOKE : COUNT);
  return runForJson(bench, 'programs/timers.mjs', [kind, task, delays, count], ['--expose-gc']);
}

/** @param {string} delays @returns {import('../harness/types.mjs').Table<TimerRow>} */
function cancelTable(delays) {
  return {
    name: `timers-${delays}`,
    suite: 'timers',
    title: `A million timers with ${delays === 'same' ? 'the same delay' : 'random delays'}: set, then cancelled in random order`,
    unit: 'ns CPU/set and cancel',
    requires: ['package'],
    separate: true,
    rows,
    open: async (row, bench) => ({
      async measure() {
        const { setting, cancelling, javaScriptBytes } = await run(row, bench, 'cancel', delays);
        const notes = { 'ns to set': nanoseconds(setting), 'ns to cancel': nanoseconds(cancelling), javaScriptBytes };
        return { value: notes['ns to set'] + notes['ns to cancel'], problems: [], notes };
      },
    }),
    targets: [{ row: 'Reactor', atMost: 1000 }],
  };
}

/** @param {string} delays @returns {import('../harness/types.mjs').Table<TimerRow>} */
function fireTable(delays) {
  return {
    name: `timers-fire-${delays}`,
    suite: 'timers',
    title: `A million timers with ${delays === 'same' ? 'the same delay' : 'random delays'} that are all due: fired`,
    unit: 'ns CPU/timer',
    requires: ['package'],
    separate: true,
    rows,
    open: async (row, bench) => ({
      async measure() {
        const { firing } = await run(row, bench, 'fire', delays);
        return { value: nanoseconds(firing), problems: [] };
      },
    }),
    targets: [],
  };
}

export default [cancelTable('same'), cancelTable('random'), fireTable('same'), fireTable('random')];
