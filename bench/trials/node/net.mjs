// @ts-check
// Measures fdreactor/net beside node:net, with the same programs: echo with 64 bytes, in an AsyncLocalStorage store and
// without one; node:http on top; the memory of idle connections.
import { runForJson } from '../../harness/programs.mjs';
import { echo, echoHere, echoInStore, echoInStoreHere, http, httpHere } from '../../peers/net/rows.mjs';
import { openEcho } from '../echo-server.mjs';
import { KEPT, openKept } from './kept.mjs';

/** @typedef {import('../../harness/types.mjs').Driver} Driver */
/** @typedef {import('../../harness/types.mjs').Bench} Bench */
/** @typedef {import('../../harness/types.mjs').Row & { mode: string }} ModeRow */

const CONNECTIONS = 100;
const SMOKE = 10;
const IDLE = 10_000;
const IDLE_SMOKE = 100;
/** A third of the connections that come before those that are counted. */
const IDLE_WARM_UP = 1000;

/** @param {ModeRow} row @param {Bench} bench */
async function openIdle({ mode }, bench) {
  return {
    async measure() {
      const args = [mode, ...(bench.smoke ? [IDLE_SMOKE, IDLE_SMOKE] : [IDLE, IDLE_WARM_UP]).map(String)];
      const bytes = await runForJson(bench, 'programs/idle.mjs', args, ['--expose-gc']);
      const { heapBytes, externalBytes, nativeBytes, residentBytes, kernelBytes } = bytes;
      const javaScriptBytes = heapBytes + externalBytes;
      const notes = { javaScriptBytes, nativeBytes, residentBytes, kernelBytes };
      return { value: javaScriptBytes + nativeBytes, problems: [], notes };
    },
  };
}

/** @type {ModeRow} */
const idle = { name: 'node:net', mode: 'net', requires: [] };
/** @type {ModeRow} */
const idleHere = { name: 'fdreactor/net', mode: 'fdreactor-net', requires: ['package'] };

export default [
  /** @type {import('../../harness/types.mjs').Table<Driver>} */ ({
    name: 'net-echo',
    suite: 'net',
    title: `TCP echo on a module shaped like node:net, 64 bytes, ${CONNECTIONS} connections`,
    unit: 'us CPU/round trip',
    separate: true,
    requires: ['cc', 'make'],
    connections: CONNECTIONS,
    rows: [echo, echoHere, echoInStore, echoInStoreHere],
    open: async (driver, bench) =>
      openEcho(await driver.start(bench), bench, { transport: 'tcp', connections: bench.smoke ? SMOKE : CONNECTIONS }),
    targets: [
      { row: echoHere.name, against: echo.name, atMost: 0.75 },
      { row: echoInStoreHere.name, against: echoInStore.name, atMost: 0.75 },
    ],
  }),
  /** @type {import('../../harness/types.mjs').Table<Driver>} */ ({
    name: 'net-http',
    suite: 'net',
    title: `node:http on fdreactor/net, hello world, ${KEPT} connections`,
    unit: 'us CPU/request',
    separate: true,
    requires: ['cc', 'make'],
    connections: KEPT,
    rows: [http, httpHere],
    open: openKept,
    targets: [{ row: httpHere.name, against: http.name, atMost: 0.95 }],
  }),
  /** @type {import('../../harness/types.mjs').Table<ModeRow>} */ ({
    name: 'net-idle',
    suite: 'net',
    title: `${IDLE.toLocaleString('en')} idle sockets: user-space memory, JavaScript and native`,
    unit: 'B/connection',
    separate: true,
    requires: [],
    connections: IDLE + 3 * IDLE_WARM_UP,
    rows: [idle, idleHere],
    open: openIdle,
    targets: [{ row: idleHere.name, against: idle.name, atMost: 0.95 }],
  }),
];
