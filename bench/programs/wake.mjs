// @ts-check
// Does in JavaScript what c/floors/wake.c does: two threads wake each other in turns. Prints the CPU time of both as
// JSON.
// usage: node wake.mjs run|attach|message <warmup> <roundTrips>
import { once } from 'node:events';
import { isMainThread, MessageChannel, parentPort, Worker, workerData } from 'node:worker_threads';
import { Reactor, Waker } from 'fdreactor';
import { measureWork } from './work.mjs';

/** Where a thread is woken: `wait` is over when `stop` was called. */
/** @typedef {{ address: any, transfer: any[], wait: () => void | Promise<void>, stop: () => void }} Inbox */

/** For who waits by returning to Node's event loop. */
function inEventLoop() {
  let stop = () => {};
  const wait = () =>
    new Promise((/** @type {(value: void) => void} */ resolve) => {
      stop = resolve;
    });
  return { wait, stop: () => stop() };
}

/** @type {Record<string, (onWake: () => void) => Inbox>} */
const inboxes = {
  run(onWake) {
    const reactor = new Reactor();
    const address = reactor.createWaker(onWake).transfer();
    return { address, transfer: [], wait: () => reactor.run(), stop: () => reactor.stop() };
  },
  attach(onWake) {
    const reactor = new Reactor();
    const address = reactor.createWaker(onWake).transfer();
    reactor.attach();
    reactor.ref();
    return { address, transfer: [], ...inEventLoop() };
  },
  message(onWake) {
    const { port1, port2 } = new MessageChannel();
    port1.on('message', onWake);
    return { address: port2, transfer: [port2], ...inEventLoop() };
  },
};

/** What wakes the thread at that address. @param {string} kind @param {any} address @returns {() => void} */
function wakerOf(kind, address) {
  if (kind === 'message') return () => address.postMessage(null);
  const waker = Waker.from(address);
  return () => waker.wake();
}

/** Answers each wake-up by waking the other thread, until it is terminated. */
async function answer() {
  const wake = wakerOf(workerData.kind, workerData.address);
  const inbox = inboxes[workerData.kind](wake);
  parentPort?.postMessage(inbox.address, inbox.transfer);
  await inbox.wait();
}

async function measure() {
  const [kind, warmup, counted] = process.argv.slice(2);
  let left = 0;
  let wake = () => {};
  const inbox = inboxes[kind](() => {
    if (--left === 0) inbox.stop();
    else wake();
  });
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { kind, address: inbox.address },
    transferList: inbox.transfer,
  });
  const [address] = await once(worker, 'message');
  wake = wakerOf(kind, address);
  const roundTrips = async (/** @type {number} */ count) => {
    left = count;
    wake();
    await inbox.wait();
    return count;
  };
  await roundTrips(Number(warmup));
  console.log(JSON.stringify(await measureWork(() => roundTrips(Number(counted)))));
  process.exit(0);
}

await (isMainThread ? measure() : answer());
