// @ts-check
// Measures timers of the Reactor and of Node.js. It sets them, and then cancels them in random order or lets them
// fire. The thread sleeps until all are due, so that only firing is measured. Prints JSON.
// usage: node --expose-gc timers.mjs reactor|node cancel|fire same|random <count>
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Reactor } from 'fdreactor';
import { memoryOfEach, ownMemory } from './own-memory.mjs';
import { measureWork } from './work.mjs';

/** Far enough away that none fires. */
const LONG_MS = 600_000;
/** Soon enough that all are due after a moment. */
const SHORT_MS = 1000;

const [kind, task, delays, countText] = process.argv.slice(2);
const count = Number(countText);
const reactor = new Reactor();
let fired = 0;

function onTimer() {
  fired++;
}

const timersOf = {
  reactor: {
    set: (/** @type {number} */ delayMs) => reactor.setTimer(delayMs, onTimer),
    cancel: (/** @type {any} */ timer) => timer.cancel(),
    turn: async () => reactor.poll(0),
  },
  node: {
    set: (/** @type {number} */ delayMs) => setTimeout(onTimer, delayMs),
    cancel: (/** @type {any} */ timer) => clearTimeout(timer),
    turn: async () => nextTurn(),
  },
};
const { set, cancel, turn } = timersOf[/** @type {keyof typeof timersOf} */ (kind)];

/** @param {any[]} items */
function shuffle(items) {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [items[i], items[j]] = [items[j], items[i]];
  }
}

/** @param {number} timers */
async function setAndCancel(timers) {
  const delaysMs = Float64Array.from({ length: timers }, () =>
    delays === 'same' ? LONG_MS : LONG_MS * (1 + Math.random()),
  );
  /** @type {any[]} */
  const all = new Array(timers).fill(null);
  const before = ownMemory();
  const setting = await measureWork(() => {
    for (let i = 0; i < timers; i++) all[i] = set(/** @type {number} */ (delaysMs[i]));
    return timers;
  });
  const { heapBytes, externalBytes } = memoryOfEach(before, ownMemory(), timers);
  shuffle(all);
  const cancelling = await measureWork(() => {
    for (const timer of all) cancel(timer);
    return timers;
  });
  return { setting, cancelling, javaScriptBytes: heapBytes + externalBytes };
}

/** @param {number} timers */
async function fire(timers) {
  fired = 0;
  for (let i = 0; i < timers; i++) set(delays === 'same' ? SHORT_MS : SHORT_MS * Math.random());
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SHORT_MS + 100);
  return {
    firing: await measureWork(async () => {
      while (fired < timers) await turn();
      return timers;
    }),
  };
}

const act = task === 'fire' ? fire : setAndCancel;
await act(Math.ceil(count / 10)); // for the compilers
console.log(JSON.stringify(await act(count)));
process.exit(0);
