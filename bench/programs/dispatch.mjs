// @ts-check
// Does in JavaScript what c/floors/dispatch.c does: socket pairs, most of them idle, and some bytes that go round.
// Prints JSON.
// usage: node dispatch.mjs reactor|epoll|net <pairs> <active> <warmup> <events>
import net from 'node:net';
import { Interest, Reactor } from 'fdreactor';
import { EPOLLIN, Epoll, EpollEvents } from 'fdreactor/epoll';
import * as socket from 'fdreactor/socket';
import { measureWork } from './work.mjs';

const MAX_EVENTS = 1024;
const byte = Buffer.from('e');
const buffer = Buffer.alloc(1);
let handled = 0;

const [kind, ...numbers] = process.argv.slice(2);
const [total, active, warmup, events] = numbers.map(Number);
const pairs = Array.from({ length: total }, () => socket.socketpair());
const readFds = Int32Array.from(pairs, ([readFd]) => readFd);
const writeFds = Int32Array.from(pairs, ([, writeFd]) => writeFd);

/** @param {number} pair */
function handOn(pair) {
  handled++;
  socket.recv(readFds[pair], buffer);
  socket.send(writeFds[pair + 1 === total ? 0 : pair + 1], byte);
}

/** Each gives what handles at least so many events. */
const loops = {
  reactor() {
    const reactor = new Reactor({ maxEvents: MAX_EVENTS });
    /** @param {number} _ready @param {import('fdreactor').Registration<number>} registration */
    const handler = (_ready, registration) => handOn(registration.data);
    for (const [pair, fd] of readFds.entries()) reactor.register(fd, Interest.READABLE, handler, { data: pair });
    return (/** @type {number} */ count) => {
      for (const end = handled + count; handled < end; ) reactor.poll();
    };
  },
  epoll() {
    const epoll = new Epoll();
    const batch = new EpollEvents(MAX_EVENTS);
    for (const [pair, fd] of readFds.entries()) epoll.add(fd, EPOLLIN, pair);
    return (/** @type {number} */ count) => {
      for (const end = handled + count; handled < end; ) {
        const ready = epoll.wait(batch);
        for (let i = 0; i < ready; i++) handOn(batch.data(i));
      }
    };
  },
  net() {
    const writers = pairs.map(([, fd]) => new net.Socket({ fd, readable: false, writable: true }));
    let end = 0;
    let done = () => {};
    pairs.forEach(([fd], pair) => {
      new net.Socket({ fd, readable: true, writable: false }).on('data', (bytes) => {
        handled++;
        writers[(pair + 1) % total].write(bytes);
        if (handled === end) done();
      });
    });
    return async (/** @type {number} */ count) => {
      end = handled + count;
      await new Promise((resolve) => {
        done = () => resolve(undefined);
      });
    };
  },
};

const loop = loops[/** @type {keyof typeof loops} */ (kind)]();
for (let i = 0; i < active; i++) socket.send(writeFds[i * Math.floor(total / active)], byte);
await loop(warmup);
const work = await measureWork(async () => {
  const before = handled;
  await loop(events);
  return handled - before;
});
console.log(JSON.stringify(work));
process.exit(0);
