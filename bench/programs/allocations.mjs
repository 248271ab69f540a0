// @ts-check
// Measures how much a turn with 1,000 ready fds allocates on the JavaScript heap. Each end of 500 socket pairs holds
// an unread message, so every turn finds all 1,000 readable. used_heap_size is read before and after turns that carry
// 100,000 events. A garbage collection in between fails the bench. The program subtracts what reading the figure
// allocates, and prints the median of several measurements, for a million events, as JSON. The warm-up makes many
// turns with few fds first, because V8 compiles a function after so many calls, and its code allocates until then.
// usage: node --expose-gc --min-semi-space-size=64 --max-semi-space-size=64 allocations.mjs <kind>
//   events      the handler only counts
//   echo        the handler receives the message and sends one of the same length to the other end
//   connection  the ends are Connections, and their handler writes the message back
//   views       no turn: each "event" makes a view of a buffer
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import v8 from 'node:v8';
import { Interest, Reactor } from 'fdreactor';
import { Connection } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { median } from '../harness/stats.mjs';

const READY = 1000;
const READY_WARM = 10;
const TURNS_WARM = 30_000;
const EVENTS = 100_000;
const WARM = 8;
const MEASUREMENTS = 5;
const MESSAGE_BYTES = 64;

const reactor = new Reactor();
const buffer = Buffer.allocUnsafeSlow(MESSAGE_BYTES);
let events = 0;

function count() {
  events++;
}

/** @param {number} _ready @param {import('fdreactor').Registration<unknown>} registration */
function echo(_ready, registration) {
  events++;
  socket.send(registration.fd, buffer, 0, socket.recv(registration.fd, buffer));
}

/** @type {import('fdreactor/connection').ConnectionHandlers} */
const handlers = {
  data(connection, bytes) {
    events++;
    connection.write(bytes);
  },
};

/** What the views are of, and the last one: it is not to be optimised away. */
const slab = Buffer.allocUnsafeSlow(65536);
let view = slab;

function makeView() {
  const start = events++ % (slab.length - MESSAGE_BYTES);
  view = slab.subarray(start, start + MESSAGE_BYTES);
}

/** Each watches an fd, and takes a turn. */
const kinds = {
  events: { watch: (/** @type {number} */ fd) => void reactor.register(fd, Interest.READABLE, count), turn: poll },
  echo: { watch: (/** @type {number} */ fd) => void reactor.register(fd, Interest.READABLE, echo), turn: poll },
  connection: { watch: (/** @type {number} */ fd) => void new Connection(reactor, fd, handlers), turn: poll },
  views: { watch: () => {}, turn: makeView },
};

function poll() {
  reactor.poll(0);
}

const { watch, turn } = kinds[/** @type {keyof typeof kinds} */ (process.argv[2])];

/** @param {number} ready an even number of fds */
function registerReady(ready) {
  for (let i = 0; i < ready / 2; i++) {
    for (const fd of socket.socketpair()) {
      socket.send(fd, buffer);
      watch(fd);
    }
  }
}

function turns() {
  for (const end = events + EVENTS; events < end; ) turn();
}

const usedHeap = () => v8.getHeapStatistics().used_heap_size;

/** @type {number[]} */
const collections = [];
const observer = new PerformanceObserver((list) =>
  collections.push(...list.getEntries().map((entry) => entry.startTime)),
);
observer.observe({ entryTypes: ['gc'] });

/** Bytes allocated during EVENTS events. */
async function measure() {
  global.gc?.();
  await nextTurn();
  await nextTurn(); // the observer has been told of that collection
  collections.length = 0;
  const first = usedHeap();
  const before = usedHeap();
  turns();
  const after = usedHeap();
  await nextTurn();
  await nextTurn();
  return { bytes: after - before - (before - first), collections: collections.length };
}

registerReady(READY_WARM);
for (let i = 0; i < TURNS_WARM; i++) turn();
registerReady(READY - READY_WARM);
for (let i = 0; i < WARM; i++) await measure();
const measured = [];
for (let i = 0; i < MEASUREMENTS; i++) measured.push(await measure());
const bytes = measured.map((one) => (one.bytes / EVENTS) * 1_000_000);
console.log(
  JSON.stringify({
    bytes: median(bytes),
    most: Math.max(...bytes),
    collections: measured.reduce((sum, one) => sum + one.collections, 0),
    last: view.length,
  }),
);
process.exit(0);
