// @ts-check
// What idle registrations cost: user-space memory each, and the time of a turn that finds 100 ready fds while they are
// there. Prints JSON.
// usage: node --expose-gc idle.mjs reactor|net <registrations>
import net from 'node:net';
import { Interest, Reactor } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { median } from '../stats.mjs';
import { memoryOfEach, ownMemory } from './own-memory.mjs';

const READY = 100;
const TURNS = 200;
const SAMPLES = 41;

const reactor = new Reactor();
const ignore = () => {};

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
const before = ownMemory();
for (const fd of fds) hold(fd);
const after = ownMemory();
const turnAfter = turnTime();

const { heapBytes, externalBytes, nativeBytes, residentBytes } = memoryOfEach(before, after, fds.length);
console.log(
  JSON.stringify({
    javaScriptBytes: heapBytes + externalBytes,
    nativeBytes,
    residentBytes,
    turnBefore,
    turnAfter,
  }),
);
process.exit(0);
