// @ts-check
// Watches more and more of the eventfds that the process inherited (c/floors/with_eventfds.c) in one Reactor, and
// measures itself at 1,000, 10,000 ... of them: the rate of registrations, the memory of one in user space and in the
// kernel, a turn that finds nothing, and the cost of an event while a few thousand are active. An event is measured
// in three parts: the write that makes its fd readable, the turn that finds and dispatches it, and the read that ends
// it. There are three series of rounds: active fds among the first 10,000; active fds spread over all, the same in
// each round; and spread over all, others in each round, which no cache holds.
// usage: with_eventfds <count> node --expose-gc watcher.mjs <active>
// It prints lines of JSON, the last one {"result":...}.
import { Interest, Reactor } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { median } from '../harness/stats.mjs';
import { kernelMemory } from '../million/kernel-memory.mjs';
import { memoryOfEach, ownMemory } from './own-memory.mjs';

/** @typedef {import('../million/types.mjs').Stage} Stage */

const ROUNDS = 31;
const IDLE_TURNS = 200;
const FIRST_STAGE = 1000;
const STEP = 10;
const PROGRESS_STEPS = 20;
/** Those that are close together are among so many. */
const NEAR = 10_000;

const first = Number(process.env.FDS_FIRST);
const count = Number(process.env.FDS_COUNT);
const most = Number(process.argv[2]);

const reactor = new Reactor({ maxEvents: most });
let events = 0;
const handler = () => {
  events++;
};

/** @param {object} line */
const say = (line) => console.log(JSON.stringify(line));

/** @param {() => void} act @returns {number} nanoseconds */
function time(act) {
  const start = process.hrtime.bigint();
  act();
  return Number(process.hrtime.bigint() - start);
}

/** @param {number} from @param {number} end */
function register(from, end) {
  for (let i = from; i < end; i++) reactor.register(first + i, Interest.READABLE, handler);
}

const one = Buffer.from(new BigUint64Array([1n]).buffer);
const value = Buffer.alloc(8);

/** Nanoseconds for an event, in its parts. @param {Int32Array} fds */
function measureRound(fds) {
  const write = time(() => {
    for (const fd of fds) socket.write(fd, one);
  });
  events = 0;
  const turn = time(() => reactor.poll(0));
  if (events !== fds.length) throw new Error(`${events} of ${fds.length} events came`);
  const read = time(() => {
    for (const fd of fds) socket.read(fd, value);
  });
  return { write: write / fds.length, turn: turn / fds.length, read: read / fds.length };
}

/** @param {number} among so many, from the first @param {boolean} [others] whether each round takes other fds */
function measureEvents(among, others = false) {
  const fds = new Int32Array(Math.min(most, among));
  const apart = among / fds.length;
  const rounds = Array.from({ length: ROUNDS }, (_, round) => {
    const offset = others ? (apart * round) / ROUNDS : 0;
    for (let i = 0; i < fds.length; i++) fds[i] = first + Math.floor(i * apart + offset);
    return measureRound(fds);
  });
  const middle = (/** @type {'write' | 'turn' | 'read'} */ part) => median(rounds.map((one) => one[part]));
  return { active: fds.length, write: middle('write'), turn: middle('turn'), read: middle('read') };
}

function idleTurn() {
  const turns = () => {
    for (let i = 0; i < IDLE_TURNS; i++) reactor.poll(0);
  };
  return median(Array.from({ length: ROUNDS }, () => time(turns) / IDLE_TURNS));
}

/** Registers in steps, to tell how far it is. @param {number} from @param {number} end @returns {number} seconds */
function registerUpTo(from, end) {
  let nanoseconds = 0;
  const step = Math.ceil((end - from) / PROGRESS_STEPS);
  for (let at = from; at < end; at += step) {
    nanoseconds += time(() => register(at, Math.min(at + step, end)));
    say({ progress: { what: 'registered', done: Math.min(at + step, end), total: count } });
  }
  return nanoseconds / 1e9;
}

/** 1,000, 10,000 ... and all. */
function* stages() {
  for (let size = FIRST_STAGE; size < count; size *= STEP) yield size;
  yield count;
}

// Everything is compiled before it counts; what these leave behind is the floor of the memory.
register(0, Math.min(FIRST_STAGE, count));
for (let i = 0; i < 20; i++) measureEvents(Math.min(FIRST_STAGE, count));
idleTurn();

const floor = Math.min(FIRST_STAGE, count);
const before = { own: ownMemory(), kernel: kernelMemory() };
/** @type {Stage[]} */
const measured = [];
let seconds = 0;
let registered = floor;
for (const size of stages()) {
  seconds += registerUpTo(registered, size);
  registered = size;
  const added = size - floor;
  measured.push({
    registered: size,
    registrationsPerSecond: added === 0 ? null : added / seconds,
    memory: added === 0 ? null : memoryOfEach(before.own, ownMemory(2), added),
    kernelBytes: added === 0 ? null : (kernelMemory().slab - before.kernel.slab) / added,
    idleTurn: idleTurn(),
    nearFds: measureEvents(Math.min(size, NEAR)),
    sameFds: measureEvents(size),
    otherFds: measureEvents(size, true),
  });
  say({ progress: { what: 'measured', done: size, total: count } });
}
say({ result: { creationSeconds: Number(process.env.FDS_SECONDS), atStart: before.kernel, stages: measured } });
process.exit(0);
