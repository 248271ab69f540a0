// A raw kqueue in tests: changes by one line each, and events as plain objects.
import { EV_ERROR, EV_RECEIPT, KeventList, Kqueue } from 'fdreactor/kqueue';
import { expect } from 'vitest';
import { native } from '../fixtures/native.mjs';
import { dispose } from '../owned.js';
import { patience } from '../patience.js';

/** The arguments of KeventList.push(). */
export type Entry = [ident: number, filter: number, flags: number, fflags?: number, data?: number, udata?: number];

export interface Kevent {
  ident: number;
  filter: number;
  flags: number;
  fflags: number;
  data: number;
  udata: number;
}

export const newQueue = (): Kqueue => dispose(new Kqueue());

export function listOf(capacity: number, ...entries: Entry[]): KeventList {
  const list = new KeventList(capacity);
  for (const entry of entries) list.push(...entry);
  return list;
}

export function keventOf(list: KeventList, i: number): Kevent {
  return {
    ident: list.ident(i),
    filter: list.filter(i),
    flags: list.flags(i),
    fflags: list.fflags(i),
    data: list.data(i),
    udata: list.udata(i),
  };
}

/** Makes changes that must all work; waits for nothing. */
export function changeAll(queue: Kqueue, ...entries: Entry[]): void {
  expect(queue.kevent(listOf(entries.length, ...entries), null)).toBe(0);
}

export function change(queue: Kqueue, ...entry: Entry): void {
  changeAll(queue, entry);
}

/** One look without waiting, or waiting for at most that long. */
export function keventsNow(queue: Kqueue, capacity = 64, timeoutMs = 0): Kevent[] {
  const events = new KeventList(capacity);
  const count = queue.kevent(null, events, timeoutMs);
  expect(events.length).toBe(count);
  return Array.from({ length: count }, (_, i) => keventOf(events, i));
}

export const isUp = (event: Kevent, flag: number): boolean => (event.flags & flag) !== 0;

/** Waits until an event comes for which the condition holds. */
export function awaitKevent(queue: Kqueue, condition: (event: Kevent) => boolean, withinMs = 5000): Kevent {
  const end = performance.now() + patience(withinMs);
  const others: Kevent[] = [];
  while (performance.now() < end) {
    const events = keventsNow(queue, 64, 100);
    const found = events.find(condition);
    if (found !== undefined) return found;
    others.splice(0, Number.POSITIVE_INFINITY, ...events);
  }
  throw new Error(`not within ${withinMs} ms: ${condition}; the last events: ${JSON.stringify(others)}`);
}

/** 'ENOENT', or undefined for 0. */
export const errorNameOf = (error: number): string | undefined => native.errorName(error);

/** Makes changes with EV_RECEIPT; the name of the error of each, or undefined. */
export function receiptsOf(queue: Kqueue, ...entries: Entry[]): (string | undefined)[] {
  const changes = new KeventList(entries.length);
  for (const [ident, filter, flags, ...rest] of entries) changes.push(ident, filter, flags | EV_RECEIPT, ...rest);
  // Without room for more: libkqueue would go on to fetch events.
  const receipts = new KeventList(entries.length);
  expect(queue.kevent(changes, receipts, 0)).toBe(entries.length);
  return entries.map(([ident, filter], i) => {
    const receipt = keventOf(receipts, i);
    expect(receipt).toMatchObject({ ident, filter });
    expect(isUp(receipt, EV_ERROR)).toBe(true);
    return receipt.data === 0 ? undefined : errorNameOf(receipt.data);
  });
}
