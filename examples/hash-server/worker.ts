// What a thread of hash-server.js does: one hash. piscina calls the default export with what make() of hashes.ts gave.
//
// What may change: the work, and the size of its result. What must hold: the result is in the memory before the
// waker wakes, and SLOT_DONE is written last, by an atomic store.
import { scryptSync } from 'node:crypto';
import { Waker } from 'fdreactor';

/** A hash takes some fifty milliseconds. */
export const COST = { bytes: 32, N: 2 ** 14, r: 8, p: 1, maxmem: 2 ** 25 };
export const SLOT_DONE = 1;

export interface HashTask {
  readonly text: string;
  readonly slot: number;
  /** COST.bytes a slot. */
  readonly results: Uint8Array;
  /** One a slot. */
  readonly states: Int32Array;
  readonly waker: ReturnType<Waker['transfer']>;
}

export default function hash({ text, slot, results, states, waker }: HashTask): void {
  results.set(scryptSync(text, 'salt', COST.bytes, COST), slot * COST.bytes);
  Atomics.store(states, slot, SLOT_DONE);
  Waker.from(waker).wake();
}
