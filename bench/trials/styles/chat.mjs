// @ts-check
// Measures examples/chat.ts in its four styles: rooms of ten, in each of which one says a line when all have heard the
// one before. The styles differ in how they read, write and wait; the chat itself is the same code.
import { startProgram } from '../../harness/programs.mjs';
import { runLoad } from '../../load/c-load.mjs';

/** @typedef {import('../../harness/types.mjs').Driver} Driver */

/** Of ten members each (c/load/chat_load.c). */
const ROOMS = 100;
const SMOKE_ROOMS = 2;
const ROOM_MEMBERS = 10;
const SETTLE_MS = 100;

/** @param {string} style @param {string} name @returns {Driver} */
const chat = (style, name) => ({
  name,
  requires: ['package'],
  jit: true,
  start: (bench) => startProgram(bench, '../examples/dist/chat.js', ['--style', style]),
});

const rows = [
  chat('connection', 'Connection'),
  chat('reactor', 'Reactor'),
  chat('async', 'async/await'),
  chat('rxjs', 'RxJS'),
];

/** @type {import('../../harness/types.mjs').Table<Driver>[]} */
export default [
  {
    name: 'chat',
    suite: 'chat',
    title: `examples/chat, ${(ROOMS * ROOM_MEMBERS).toLocaleString('en')} members in rooms of ten, lines of 100 bytes`,
    unit: 'us CPU/line heard',
    requires: ['cc', 'make'],
    separate: true,
    connections: ROOMS * ROOM_MEMBERS,
    rows,
    async open(driver, bench) {
      const { port, pid, stop } = await driver.start(bench);
      const rooms = bench.smoke ? SMOKE_ROOMS : ROOMS;
      /** @param {number} windowMs */
      const load = (windowMs) => runLoad(bench, 'chat_load', [port, rooms, SETTLE_MS, windowMs, pid]);
      return {
        async warmUp() {
          await load(bench.warmupMs);
        },
        measure: () => load(bench.windowMs),
        close: stop,
      };
    },
    targets: [],
  },
];
