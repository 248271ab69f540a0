// What all iterators over a reactor have in common, so that each of them is put to the same tests: how to make one,
// and how to bring about a step.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Reactor } from 'fdreactor';
import { datagrams, type EventIterator, interval, signals, wakes } from 'fdreactor/async';
import * as socket from 'fdreactor/socket';
import { raise } from '../../helpers/fixtures/raise.mjs';
import { libkqueue } from '../../helpers/kqueue/libkqueue.js';
import type { Conditions } from '../../helpers/needs.js';
import { own } from '../../helpers/owned.js';
import { aSignal } from '../../helpers/platform.js';

export interface Source {
  iterator: EventIterator<unknown>;
  /** Brings about one step, at least. */
  tell(): void;
  /** How many fds of the test's own it has opened. */
  peers: number;
}

export interface SourceKind extends Conditions {
  name: string;
  make(reactor: Reactor, signal?: AbortSignal): Source;
}

/** A bound socket of UDP, and another that sends to it. */
export function udpPair(): { fd: number; address: { host: string; port: number }; peer: number } {
  const fd = own(socket.bindUdp({ host: '127.0.0.1', port: 0 }));
  const { port } = socket.getsockname(fd) as { port: number };
  return { fd, address: { host: '127.0.0.1', port }, peer: own(socket.bindUdp({ host: '127.0.0.1', port: 0 })) };
}

export function sendTo(fd: number, bytes: Uint8Array | string, to: { host: string; port: number }): void {
  const buffer = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  socket.sendto(fd, buffer, 0, buffer.length, 0, to);
}

export const kinds: readonly SourceKind[] = [
  {
    name: 'interval',
    make: (reactor, signal) => ({ iterator: interval(reactor, 1, { signal }), tell: () => {}, peers: 0 }),
  },
  {
    name: 'signals',
    needs: 'signals',
    notOnLibkqueue: libkqueue.signals,
    make: (reactor, signal) => ({
      iterator: signals(reactor, aSignal, { signal }),
      tell: () => raise(aSignal),
      peers: 0,
    }),
  },
  {
    name: 'wakes',
    make(reactor, signal) {
      const iterator = wakes(reactor, { signal });
      return { iterator, tell: () => iterator.wake(), peers: 0 };
    },
  },
  {
    name: 'datagrams',
    make(reactor, signal) {
      const { fd, address, peer } = udpPair();
      return { iterator: datagrams(reactor, fd, { signal }), tell: () => sendTo(peer, 'x', address), peers: 1 };
    },
  },
];

/** Node's loop goes round so often. What an attached reactor has to tell is told by then, if it was there before. */
export async function rounds(count = 5): Promise<void> {
  for (let i = 0; i < count; i++) await nextTurn();
}
