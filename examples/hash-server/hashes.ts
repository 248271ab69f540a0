// Hashes that the threads of piscina make. A result comes back through memory that the threads share, and a waker: one
// handler in the reactor's turn takes all that are there, with no message and no promise a result. A promise of piscina
// that is rejected tells of a thread that died.
//
// What may change: what is computed. What must hold: a slot is used by one task at a time, and is free again only when
// its result was taken or its task has failed.
import type { Reactor } from 'fdreactor';
import { Piscina } from 'piscina';
import { COST, type HashTask, SLOT_DONE } from './worker.js';

type Answer = (hash: string) => void;

export class Hashes {
  readonly #piscina: Piscina<HashTask, void>;
  readonly #results: Uint8Array;
  readonly #states: Int32Array;
  readonly #free: number[];
  readonly #answers = new Map<number, Answer>();
  readonly #waker;
  #closed: (() => void) | null = null;

  constructor(reactor: Reactor, threads: number, atATime: number) {
    this.#piscina = new Piscina({ filename: new URL('worker.js', import.meta.url).href, maxThreads: threads });
    this.#results = new Uint8Array(new SharedArrayBuffer(atATime * COST.bytes));
    this.#states = new Int32Array(new SharedArrayBuffer(atATime * Int32Array.BYTES_PER_ELEMENT));
    this.#free = Array.from({ length: atATime }, (_, slot) => slot);
    this.#waker = reactor.createWaker(() => this.#take());
  }

  /** Returns false, and makes nothing, when all slots are in use. `answer` gets the hash in hexadecimal digits. */
  make(text: string, answer: Answer): boolean {
    const slot = this.#free.pop();
    if (slot === undefined) return false;
    this.#answers.set(slot, answer);
    const task = { text, slot, results: this.#results, states: this.#states, waker: this.#waker.transfer() };
    this.#piscina.run(task).catch((error: Error) => this.#end(slot, `failed: ${error.message}`));
    return true;
  }

  /** Makes those that were asked for, then ends the threads and calls `closed`. */
  close(closed: () => void): void {
    this.#closed = closed;
    this.#endThreadsWhenDone();
  }

  #take(): void {
    for (const slot of [...this.#answers.keys()]) {
      if (Atomics.load(this.#states, slot) !== SLOT_DONE) continue;
      const bytes = this.#results.subarray(slot * COST.bytes, (slot + 1) * COST.bytes);
      this.#end(slot, Buffer.from(bytes).toString('hex'));
    }
  }

  #end(slot: number, text: string): void {
    const answer = this.#answers.get(slot);
    if (answer === undefined) return; // a thread that died after its result was taken
    this.#answers.delete(slot);
    this.#states[slot] = 0;
    this.#free.push(slot);
    answer(text);
    this.#endThreadsWhenDone();
  }

  #endThreadsWhenDone(): void {
    if (this.#closed === null || this.#answers.size > 0) return;
    this.#closed();
    this.#waker.close();
    void this.#piscina.destroy();
  }
}
