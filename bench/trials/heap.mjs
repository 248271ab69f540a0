// @ts-check
// What the Reactor takes of the JavaScript heap: nothing for an event, little for an idle registration.
import { runForJson } from '../programs.mjs';

/** @typedef {import('../types.mjs').Bench} Bench */
/** @typedef {import('../types.mjs').Row} Row */
/** @template {Row} R @typedef {import('../types.mjs').Table<R>} Table */

const IDLE = 15_000;
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

/** @type {Table<Row & { mode: string }>} */
const idleMemory = {
  name: 'idle-memory',
  suite: 'heap',
  title: `${IDLE.toLocaleString('en')} idle registrations: user-space memory, JavaScript and native`,
  unit: 'B/registration',
  requires: ['package'],
  once: true,
  connections: IDLE,
  rows: [
    { name: 'Reactor', mode: 'reactor', requires: [] },
    { name: 'node:net', mode: 'net', requires: [] },
  ],
  open: async ({ mode }, bench) => ({
    async measure() {
      const result = await runForJson(bench, 'programs/idle.mjs', [mode, String(IDLE)], ['--expose-gc']);
      const { javaScriptBytes, nativeBytes, residentBytes } = result;
      return {
        value: javaScriptBytes + nativeBytes,
        problems: [],
        notes: { javaScriptBytes, nativeBytes, residentBytes },
      };
    },
  }),
  targets: [{ row: 'Reactor', atMost: 128 }],
};

/** @type {Table<Row & { idle: number }>} */
const idleTurn = {
  name: 'idle-turn',
  suite: 'heap',
  title: 'A turn with 100 ready fds, beside idle registrations',
  unit: 'us/turn',
  requires: ['package'],
  connections: IDLE,
  rows: [
    { name: 'none idle', idle: 0, requires: [] },
    { name: `${IDLE.toLocaleString('en')} idle`, idle: IDLE, requires: [] },
  ],
  open: async ({ idle }, bench) => ({
    async measure() {
      const { turnAfter } = await runForJson(bench, 'programs/idle.mjs', ['reactor', String(idle)], ['--expose-gc']);
      return { value: turnAfter / 1000, problems: [] };
    },
  }),
  targets: [{ row: `${IDLE.toLocaleString('en')} idle`, against: 'none idle', atMost: 1.1 }],
};

export default [allocations, idleMemory, idleTurn];
