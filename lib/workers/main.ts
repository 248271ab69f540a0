// The program of a worker's thread: loads the user's module, takes fds out of the ring, drives the reactor. The pool
// speaks to it by the ring and a waker alone, since under run() no message and no promise of this thread proceeds.
import { errorOf, invalidType, invalidValue, WOULD_BLOCK } from '../base/errors.js';
import { sched_setaffinity } from '../linux/affinity.js';
import { workerThreads } from '../native/builtins.js';
import { native } from '../native/table.js';
import { Acceptor } from '../reactor/acceptor.js';
import { Reactor, setGauge } from '../reactor/reactor.js';
import { Waker } from '../reactor/waker.js';
import { close } from '../socket/calls.js';
import { ownerOf } from '../socket/closing.js';
import type { Handed, HandedMessage, WorkerHandlers, WorkerModule, WorkerReport, WorkerStart } from './module.js';
import { Control, RingReader } from './ring.js';

/** How many connections a turn takes at most, so that a flood leaves room for those that are served. */
const MAX_PER_TURN = 64;

const start = workerThreads.workerData as WorkerStart;
const { port, index } = start;
const ring = new RingReader(start.words);
const poolWaker = Waker.from(start.poolWaker);
const reactor = new Reactor();
const waker = reactor.createWaker(onWake);
const drainHandlers: (() => void)[] = [];
let handlers: WorkerHandlers;
let acceptor: Acceptor | null = null;
let isDraining = false;
let isEnding = false;

const report = (message: WorkerReport): void => port.postMessage(message);

/** What was posted for the entry that was taken last. */
function handedFor(number: number): Handed {
  for (;;) {
    const received = workerThreads.receiveMessageOnPort(port) as { message: HandedMessage } | undefined;
    if (received === undefined) throw new Error(`message ${number} of the pool is not there`);
    if (received.message.number === number) return received.message;
  }
}

/** As the Acceptor does it: a connection that no one has taken over is closed, and the error goes on. */
function connect(fd: number, identity: number, handed: Handed | undefined): void {
  try {
    handlers.connection(fd, handed);
  } catch (error) {
    if (native.fd.identity(fd) === identity && ownerOf(fd) === undefined) close(fd);
    throw error;
  }
}

/** Takes an entry; false where the ring is empty. */
function takeOne(): boolean {
  const result = ring.take();
  if (result === WOULD_BLOCK) return false;
  const handed = ring.message === 0 ? undefined : handedFor(ring.message);
  if (result >= 0) connect(ring.fd, result, handed);
  else report({ lost: ring.fd, error: errorOf(result) });
  return true;
}

function onWake(): void {
  let goesOn = true;
  try {
    for (let left = MAX_PER_TURN; left > 0 && goesOn; left--) goesOn = takeOne();
  } finally {
    if (goesOn) waker.wake(); // the pool does not, as long as this thread has not found the ring empty
  }
  if (ring.takesWanted()) poolWaker.wake();
  if (!goesOn && ring.control === Control.DRAIN && !isDraining) drain();
}

function drain(): void {
  isDraining = true;
  acceptor?.pause(); // the listener is the pool's
  ring.stopped();
  poolWaker.wake();
  if (drainHandlers.length === 0) drained();
  for (const handler of drainHandlers) handler();
}

function drained(): void {
  if (!isDraining || isEnding) return;
  isEnding = true;
  if (start.drive === 'run') reactor.stop();
  else setImmediate(end); // what this turn has sent goes out at its end
}

function end(): void {
  reactor.close();
  process.exit(0);
}

function onDrain(handler: () => void): void {
  if (typeof handler !== 'function') throw invalidType('handler', 'a function', handler);
  drainHandlers.push(handler);
}

async function load(): Promise<WorkerHandlers> {
  const module = (await import(start.url)) as { default?: unknown };
  if (typeof module.default !== 'function') {
    throw invalidType(`the default export of ${start.url}`, 'a function', module.default);
  }
  const { workerData } = start;
  const made = await (module.default as WorkerModule)({ reactor, index, workerData, onDrain, drained });
  if (typeof made?.connection !== 'function') {
    throw invalidValue(`what ${start.url} returns`, 'an object with a function connection', made);
  }
  return made;
}

if (start.cpus !== undefined) sched_setaffinity(0, start.cpus);
handlers = await load();
if (start.listenerFd !== undefined)
  acceptor = new Acceptor(reactor, start.listenerFd, (fd) => handlers.connection(fd, undefined));
setGauge(reactor, (load) => ring.count(load - (acceptor === null ? 0 : 1), acceptor?.accepted ?? 0));
report({ ready: waker.transfer() });
if (start.drive === 'attach') {
  reactor.ref();
  reactor.attach();
} else {
  while (!isEnding) reactor.run();
  end();
}
