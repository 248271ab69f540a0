// @ts-check
// Measures how much of the JavaScript heap the Reactor takes for an event. The target is nothing.
import { runForJson } from '../harness/programs.mjs';

/** @typedef {import('../harness/types.mjs').Row} Row */
/** @template {Row} R @typedef {import('../harness/types.mjs').Table<R>} Table */

const NO_COLLECTION = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];

/** Not one object in ten thousand events. */
const NOTHING = 100;

/** @type {Table<Row & { mode: string }>} */
const allocations = {
  name: 'allocations',
  suite: 'heap',
  title: 'Turns with 1,000 ready fds: bytes allocated on the JavaScript heap',
  unit: 'B/million events',
  requires: ['package'],
  once: true,
  rows: [
    { name: 'Reactor, events', mode: 'events', requires: [] },
    { name: 'Reactor, events with recv and send', mode: 'echo', requires: [] },
  ],
  open: async ({ mode }, bench) => ({
    async measure() {
      const { bytes, most, collections } = await runForJson(bench, 'programs/allocations.mjs', [mode], NO_COLLECTION);
      const problems = collections > 0 ? [`${collections} garbage collections during the measurement`] : [];
      return { value: bytes, problems, notes: { most } };
    },
  }),
  targets: [
    { row: 'Reactor, events', atMost: NOTHING },
    { row: 'Reactor, events with recv and send', atMost: NOTHING },
  ],
};

export default [allocations];
