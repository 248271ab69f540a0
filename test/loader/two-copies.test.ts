// Two copies of the package in one process, as two dependencies bring them: of one version, or of two. Each has an
// add-on of its own, so that all they share is the process: its fds, its signal handlers, its threads.
import { join } from 'node:path';
import { expect } from 'vitest';
import { reportOf, type Toolbox } from '../helpers/child.js';
import { libkqueue } from '../helpers/kqueue/libkqueue.js';
import { testWith } from '../helpers/needs.js';
import { copyOfOtherVersion, copyPackage, goodBytes } from './package-copy.js';

/** HandlerRoutine: what one has taken the others do not get. */
const ONE_HANDLER = 'an event of the console is for the copy that has watched one last';

const fileOf = (folder: string): string => join(folder, 'dist', 'index.js');

const pairs: [name: string, make: () => string][] = [
  ['of the same version', () => copyPackage(goodBytes())],
  ['of another version', copyOfOtherVersion],
];

// biome-ignore lint/suspicious/noExplicitAny: a module and what the child reports
type Any = any;

function bothCopies(name: string, body: (toolbox: Toolbox) => unknown, expected: unknown, conditions = {}): void {
  for (const [which, make] of pairs) {
    testWith(conditions, `${name}: a second copy, ${which}`, async () => {
      expect(await reportOf(body, { args: fileOf(make()), env: { FDREACTOR_BINARY: '' } })).toEqual(expected);
    });
  }
}

bothCopies(
  'events and timers come to each, and an fd of one may be used by the other',
  ({ Reactor, Interest, socket, require, report, args }) => {
    const second = { ...require(args), socket: require(args.replace('index.js', 'socket.js')) } as Any;
    const [a, b] = socket.socketpair();
    const seen: string[] = [];
    const reactors = [new Reactor(), new second.Reactor()];
    reactors[0].register(a, Interest.READABLE, () => seen.push('first'));
    reactors[1].register(b, second.Interest.READABLE, () => seen.push('second'));
    reactors[1].setTimer(1, () => seen.push('timer'));
    second.socket.send(a, new Uint8Array(1));
    socket.send(b, new Uint8Array(1));
    reactors[0].poll(1000);
    while (!seen.includes('second') || !seen.includes('timer')) reactors[1].poll(1000);
    for (const reactor of reactors) reactor.close();
    second.socket.close(a);
    socket.close(b);
    report([...new Set(seen)].sort());
  },
  ['first', 'second', 'timer'],
);

bothCopies(
  'a waker is refused by the copy that did not make it',
  ({ Reactor, Waker, require, report, outcomeOf, args }) => {
    const second = require(args) as Any;
    const reactor = new Reactor();
    let woken = 0;
    const value = reactor.createWaker(() => woken++).transfer();
    const { error } = outcomeOf(() => second.Waker.from(value));
    Waker.from(value).wake();
    reactor.poll(1000);
    reactor.close();
    report({ code: error.code, woken, isSaid: error.message.includes('of this copy of fdreactor') });
  },
  { code: 'ERR_INVALID_ARG_VALUE', woken: 1, isSaid: true },
);

bothCopies(
  'a signal comes to both, and to the one that is left, whichever ends first',
  ({ Reactor, aSignal, raise, require, report, args }) => {
    const second = require(args) as Any;
    const seen: string[] = [];
    for (const first of [0, 1]) {
      const reactors = [new Reactor(), new second.Reactor()];
      const watches = reactors.map((reactor, i) => reactor.onSignal(aSignal, () => seen.push(`${first}${i}`)));
      const turn = (count: number): void => {
        const before = seen.length;
        raise(aSignal);
        while (seen.length < before + count) for (const reactor of reactors) reactor.poll(5);
      };
      turn(2);
      watches[first].deregister();
      turn(1);
      for (const reactor of reactors) reactor.close();
    }
    report(seen.sort());
  },
  ['00', '01', '01', '10', '10', '11'],
  {
    needs: 'signals',
    notOnWindows: ONE_HANDLER,
    notOnLibkqueue: libkqueue.signals,
  },
);

bothCopies(
  'a worker whose copy had a signal, and is gone with it: the other copy, which came later, lives on',
  async ({ Reactor, aSignal, raise, report, args, workerThreads }) => {
    const source = `
      const { parentPort } = require('node:worker_threads');
      const { Reactor } = require(${JSON.stringify(args)});
      new Reactor().onSignal(${JSON.stringify(aSignal)}, () => {});
      parentPort.postMessage('watching');
      parentPort.on('message', () => process.exit());`;
    const worker = new workerThreads.Worker(source, { eval: true });
    await new Promise((resolve) => worker.once('message', resolve));
    const reactor = new Reactor();
    let seen = 0;
    reactor.onSignal(aSignal as Any, () => seen++);
    const gone = new Promise((resolve) => worker.once('exit', resolve));
    worker.postMessage('go');
    await gone;
    raise(aSignal);
    while (seen < 1) reactor.poll(5);
    reactor.close();
    report(seen);
  },
  1,
  {
    needs: 'signals',
    notOnLibkqueue: libkqueue.signals,
  },
);
