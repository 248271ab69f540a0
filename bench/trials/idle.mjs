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

/** @typedef {Row & { mode: string }} ModeRow */

/** @type {ModeRow} */
const reactor = { name: 'Reactor', mode: 'reactor', requires: [] };
/** @type {ModeRow} */
const connection = { name: 'Connection', mode: 'connection', requires: [] };
/** @type {ModeRow} */
const net = { name: 'node:net', mode: 'net', requires: [] };

/**
 * @param {number} connections @param {ModeRow[]} rows @param {Pick<Table<ModeRow>, 'targets' | 'separate'>} more
 * @returns {Table<ModeRow>}
 */
function memoryTable(connections, rows, more) {
  return {
    name: `idle-${connections}`,
    suite: 'idle',
    title: `${connections.toLocaleString('en')} idle TCP connections: user-space memory, JavaScript and native`,
    unit: 'B/connection',
    requires: ['package'],
    connections: connections + 3 * WARM_UP,
    rows,
    ...more,
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

const most = { row: reactor.name, atMost: 128 };

/** @type {Table<ModeRow>} */
const ofConnection = {
  ...memoryTable(MOST, [connection, reactor, net], { targets: [{ row: connection.name, atMost: 200 }] }),
  name: 'idle-connection',
  suite: 'idle-connection',
  title: `${MOST.toLocaleString('en')} idle Connections without data: user-space memory, JavaScript and native`,
};

export default [
  // A page of the table more or less, and whatever is there once, are much for each of a thousand: no target.
  memoryTable(1000, [reactor, net], { targets: [], separate: true }),
  memoryTable(10_000, [reactor, net], { targets: [most], separate: true }),
  memoryTable(MOST, [reactor, net], { targets: [most] }),
  ofConnection,
  turn,
];
