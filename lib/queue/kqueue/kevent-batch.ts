// A list of struct kevent in memory that the kernel reads and writes, with a header for the times of a wait; the fields
// are where native/sys/kqueue/kqueue.h says. For the raw layer and for the Reactor's backend.

import { UnsupportedError } from '../../base/errors.js';
import type { KeventLayout } from '../../native/queue-calls.js';
import { native } from '../../native/table.js';
import { EventBatch } from '../event-batch.js';

const TWO_TO_32 = 2 ** 32;

export class KeventBatch {
  readonly batch: EventBatch;
  /** The whole memory, as native code takes it. */
  readonly words: Int32Array;
  readonly capacity: number;
  readonly #layout: KeventLayout;
  readonly #packed: boolean;
  readonly #bigData: BigInt64Array;

  constructor(layout: KeventLayout, capacity: number) {
    this.batch = new EventBatch(layout, capacity);
    this.words = this.batch.words;
    this.capacity = capacity;
    this.#layout = layout;
    this.#packed = layout.filterWord === layout.flagsWord;
    this.#bigData = new BigInt64Array(this.words.buffer, 0, this.words.byteLength >> 3);
  }

  set(i: number, ident: number, filter: number, flags: number, fflags: number, data: number, udata: number): void {
    const { words } = this;
    const layout = this.#layout;
    const at = layout.firstWord + i * layout.eventWords;
    words.fill(0, at, at + layout.eventWords);
    this.#setPair(at + layout.identWord, ident);
    words[at + layout.filterWord] = this.#packed ? (filter & 0xffff) | (flags << 16) : filter;
    if (!this.#packed) words[at + layout.flagsWord] = flags;
    words[at + layout.fflagsWord] = fflags;
    this.#setPair(at + layout.dataWord, data);
    this.#setPair(at + layout.udataWord, udata);
  }

  ident(i: number): number {
    return this.#unsignedPair(this.#at(i) + this.#layout.identWord);
  }

  filter(i: number): number {
    const word = this.words[this.#at(i) + this.#layout.filterWord] as number;
    return this.#packed ? (word << 16) >> 16 : word;
  }

  flags(i: number): number {
    const word = this.words[this.#at(i) + this.#layout.flagsWord] as number;
    return this.#packed ? word >>> 16 : word >>> 0;
  }

  fflags(i: number): number {
    return (this.words[this.#at(i) + this.#layout.fflagsWord] as number) >>> 0;
  }

  /** Exact where it is a safe integer. */
  data(i: number): number {
    return Number(this.bigData(i));
  }

  bigData(i: number): bigint {
    return this.#bigData[(this.#at(i) + this.#layout.dataWord) >> 1] as bigint;
  }

  udata(i: number): number {
    return this.#unsignedPair(this.#at(i) + this.#layout.udataWord);
  }

  udataLow(i: number): number {
    return this.words[this.#at(i) + this.#layout.udataWord] as number;
  }

  udataHigh(i: number): number {
    return this.words[this.#at(i) + this.#layout.udataWord + 1] as number;
  }

  /** User data from two integers of 32 bits. */
  setUdata(i: number, low: number, high: number): void {
    const word = this.#at(i) + this.#layout.udataWord;
    this.words[word] = low;
    this.words[word + 1] = high;
  }

  /** A safe integer of either sign, as 64 bits. */
  #setPair(word: number, value: number): void {
    this.words[word] = value;
    this.words[word + 1] = Math.floor(value / TWO_TO_32);
  }

  /** How many words the first `count` events take, with the header. */
  end(count: number): number {
    return this.#at(count);
  }

  #at(i: number): number {
    return this.#layout.firstWord + i * this.#layout.eventWords;
  }

  #unsignedPair(word: number): number {
    return ((this.words[word + 1] as number) >>> 0) * TWO_TO_32 + ((this.words[word] as number) >>> 0);
  }
}

/** Makes a new batch. @throws UnsupportedError if there is no kqueue */
export function keventBatch(capacity: number): KeventBatch {
  if (native.kqueue === undefined) throw new UnsupportedError('kqueue');
  return new KeventBatch(native.kqueue.layout, capacity);
}
