// @ts-check
// Measures how much of the JavaScript heap an event takes: of the Reactor nothing, of a Connection the view of its
// bytes.
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

/** What the median of counts may be off. */
const ALMOST = 1.01;

/** @type {Table<Row & { mode: string }>} */
const views = {
  ...allocations,
  name: 'allocations-connection',
  title: 'Turns with 1,000 ready Connections that echo: bytes allocated on the JavaScript heap',
  rows: [
    { name: 'views of a Buffer', mode: 'views', requires: [] },
    { name: 'Connection, data and write()', mode: 'connection', requires: [] },
  ],
  targets: [{ row: 'Connection, data and write()', against: 'views of a Buffer', atMost: ALMOST }],
};

export default [allocations, views];
