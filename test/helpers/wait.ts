// Waiting for events without sleeping: turn until a condition holds, with a deadline. Turns that bring nothing, or more
// than was asked for, are normal: epoll may report spuriously, and poll() may come back early for the host's sake.

import { type Reactor, Reactor as ReactorClass } from 'fdreactor';
import { type Epoll, EpollEvents } from 'fdreactor/epoll';
import { patience } from './patience.js';

/** Turns the reactor until the condition holds; returns how many handlers ran. */
export function turnUntil(reactor: Reactor, condition: () => boolean, withinMs = 5000): number {
  const end = performance.now() + patience(withinMs);
  let ran = 0;
  while (!condition()) {
    const left = end - performance.now();
    if (left <= 0) throw new Error(`not within ${withinMs} ms: ${condition}`);
    ran += reactor.poll(Math.min(left, 100));
  }
  return ran;
}

/** Turns for a while; returns how many handlers ran. For "nothing happens" only. */
export function turnFor(reactor: Reactor, ms = 20): number {
  const end = performance.now() + ms;
  let ran = 0;
  do ran += reactor.poll(Math.max(0, end - performance.now()));
  while (performance.now() < end);
  return ran;
}

/** Waits until the fd is ready for the interest, with a reactor of its own; returns the Ready bits. */
export function awaitReady(fd: number, interest: number, withinMs = 5000): number {
  const reactor = new ReactorClass();
  try {
    let bits = 0;
    reactor.register(fd, interest, (ready) => {
      bits |= ready;
    });
    turnUntil(reactor, () => bits !== 0, withinMs);
    return bits;
  } finally {
    reactor.close();
  }
}

/** Waits with the raw layer until some event of `data` has all of `bits`; returns everything seen for it. */
export function awaitEvents(ep: Epoll, data: number, bits: number, withinMs = 5000): number {
  const events = new EpollEvents(64);
  const end = performance.now() + patience(withinMs);
  let seen = 0;
  while ((seen & bits) !== bits) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: events ${bits} of ${data}, only ${seen}`);
    const count = ep.wait(events, 100);
    for (let i = 0; i < count; i++) if (events.data(i) === data) seen |= events.events(i);
  }
  return seen;
}

/** One look without waiting: the events of each data word. */
export function eventsNow(ep: Epoll, capacity = 64): Map<number, number> {
  const events = new EpollEvents(capacity);
  const seen = new Map<number, number>();
  const count = ep.wait(events, 0);
  for (let i = 0; i < count; i++) seen.set(events.data(i), events.events(i));
  return seen;
}
