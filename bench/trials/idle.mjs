// @ts-check
// Measures idle connections: the memory of each, in JavaScript, in native code and in the kernel, and their cost in a
// turn.
import { runForJson } from '../harness/programs.mjs';

/** @typedef {import('../harness/types.mjs').Row} Row */
/** @template {Row} R @typedef {import('../harness/types.mjs').Table<R>} Table */

const MOST = 15_000;
const SMOKE = 100;
/** A third of the connections that come before those that are counted. */
const WARM_UP = 1000;

/** @param {number} connections @param {boolean} separate @returns {Table<Row & { mode: string }>} */
function memoryTable(connections, separate) {
  return {
    name: `idle-${connections}`,
    suite: 'idle',
    title: `${connections.toLocaleString('en')} idle TCP connections: user-space memory, JavaScript and native`,
    unit: 'B/connection',
    requires: ['package'],
    separate,
    connections: connections + 3 * WARM_UP,
    rows: [
      { name: 'Reactor', mode: 'reactor', requires: [] },
      { name: 'node:net', mode: 'net', requires: [] },
    ],
    open: async ({ mode }, bench) => ({
      async measure() {
        const args = [mode, ...(bench.smoke ? [SMOKE, SMOKE] : [connections, WARM_UP]).map(String)];
        const bytes = await runForJson(bench, 'programs/idle.mjs', args, ['--expose-gc']);
        const { heapBytes, externalBytes, nativeBytes, residentBytes, kernelBytes } = bytes;
        const javaScriptBytes = heapBytes + externalBytes;
        const notes = { javaScriptBytes, nativeBytes, residentBytes, kernelBytes };
        return { value: javaScriptBytes + nativeBytes, problems: [], notes };
      },
    }),
    // A page of the table more or less, and whatever is there once, are much for each of a thousand.
    targets: connections < 10_000 ? [] : [{ row: 'Reactor', atMost: 128 }],
  };
}

/** @type {Table<Row & { idle: number }>} */
const turn = {
  name: 'idle-turn',
  suite: 'idle',
  title: 'A turn with 100 ready fds, beside idle registrations',
  unit: 'us CPU/turn',
  requires: ['package'],
  connections: MOST,
  rows: [
    { name: 'none idle', idle: 0, requires: [] },
    { name: `${MOST.toLocaleString('en')} idle`, idle: MOST, requires: [] },
  ],
  open: async ({ idle }, bench) => ({
    async measure() {
      const count = bench.smoke ? Math.min(idle, SMOKE) : idle;
      const { cpuSeconds } = await runForJson(bench, 'programs/idle-turn.mjs', [String(count)]);
      return { value: cpuSeconds * 1e6, problems: [] };
    },
  }),
  targets: [{ row: `${MOST.toLocaleString('en')} idle`, against: 'none idle', atMost: 1.1 }],
};

export default [memoryTable(1000, true), memoryTable(10_000, true), memoryTable(MOST, false), turn];
