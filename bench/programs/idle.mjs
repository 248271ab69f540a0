// @ts-check
// What idle registrations cost: user-space memory each, and the time of a turn that finds 100 ready fds while they are
// there. Prints JSON.
// Memory is taken after full collections, before and after: what JavaScript holds (heapUsed and external, which counts
// typed arrays), and anonymous resident memory (RssAnon), which has everything, the add-on's own memory included, but in
// pages, and whatever the heap keeps in reserve. `nativeBytes` is the growth of RssAnon beyond that of V8's own pages.
// usage: node --expose-gc idle.mjs reactor|net <registrations>
import { readFileSync } from 'node:fs';
import net from 'node:net';
import v8 from 'node:v8';
import { Interest, Reactor } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { median } from '../stats.mjs';

const READY = 100;
const TURNS = 200;
const SAMPLES = 41;

const reactor = new Reactor();
const ignore = () => {};

function memory() {
  for (let i = 0; i < 4; i++) global.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  const resident = Number(/^RssAnon:\s*(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
  return { javaScript: heapUsed + external, resident, heapPages: v8.getHeapStatistics().total_physical_size, external };
}

/** @param {number} count an even number of fds */
function pairs(count) {
  return Array.from({ length: count / 2 }, () => socket.socketpair()).flat();
}

/** Nanoseconds of one turn. */
function turnTime() {
  const samples = Array.from({ length: SAMPLES }, () => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < TURNS; i++) reactor.poll(0);
    return Number(process.hrtime.bigint() - start) / TURNS;
  });
  return median(samples);
}

/** @param {number} fd */
const registerWithReactor = (fd) => reactor.register(fd, Interest.READABLE, ignore);

/** @type {net.Socket[]} */
const sockets = [];

/** @param {number} fd */
function openSocket(fd) {
  sockets.push(new net.Socket({ fd, readable: true, writable: true }).on('data', ignore));
}

const [kind = 'reactor', count = '15000'] = process.argv.slice(2);
const hold = kind === 'net' ? openSocket : registerWithReactor;

for (const fd of pairs(READY)) {
  socket.send(fd, Buffer.alloc(1));
  reactor.register(fd, Interest.READABLE, ignore);
}
for (const fd of pairs(READY)) hold(fd); // what is made once, with the first ones, is not counted
turnTime();
const turnBefore = turnTime();

const fds = pairs(Number(count));
const before = memory();
for (const fd of fds) hold(fd);
const after = memory();
const turnAfter = turnTime();

const javaScriptBytes = after.javaScript - before.javaScript;
const outside =
  after.resident - before.resident - (after.heapPages - before.heapPages) - (after.external - before.external);
console.log(
  JSON.stringify({
    javaScriptBytes: javaScriptBytes / fds.length,
    nativeBytes: Math.max(0, outside) / fds.length,
    residentBytes: (after.resident - before.resident) / fds.length,
    turnBefore,
    turnAfter,
  }),
);
process.exit(0);
