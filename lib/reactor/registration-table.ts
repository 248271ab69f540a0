// The reactor's registrations: slots that are used again, and an index by fd.
//
// Invariants: each registration has a generation of its own, whatever its slot, so a (slot, generation) pair names one
// registration for ever. It is kept in the registration and not in a table beside: where there are millions, an event
// costs as much as the lines of memory that it touches. The index by fd finds the registration of an fd that is being
// closed, or whose number the kernel accepts anew. It never finds the registration of an event.
//
// A change is made by assignments alone, after all calls that it needs. So a stack overflow or a termination comes
// before the change or after it, never within.
//
// Both grow by a page at a time: nothing is ever copied, so that the millionth registration takes no longer than the
// first, and there is no spare room that a million registrations would pay for.
import type { Registration } from './registration.js';

type AnyRegistration = Registration<unknown>;

const PAGE_BITS = 10;
const PAGE_LENGTH = 1 << PAGE_BITS;
const IN_PAGE = PAGE_LENGTH - 1;

/** In place of a slot or of an fd. */
const NONE = -1;
/** The fd of a registration that has none: of a waker or a signal. */
export const NO_FD = -1;
/** Wraps: after 2^31 registrations no stale event can remain. */
const LAST_GENERATION = 2 ** 31 - 1;

/** What is in a slot; where it is free: the next one that is, or NONE. */
type Entry = AnyRegistration | number;

/** All its slots are free. */
const makePage = (firstSlot: number): Entry[] =>
  Array.from({ length: PAGE_LENGTH }, (_, i) => (i < IN_PAGE ? firstSlot + i + 1 : NONE));

export class RegistrationTable {
  #size = 0;
  /** How many of them belong to wakers and signals. */
  #internal = 0;
  /** How many of the others do not keep the process alive. */
  #unreferenced = 0;
  #generation = 0;
  readonly #pages: Entry[][] = [];
  #firstFree = NONE;
  /** slot + 1 by fd, 0 for none, in pages by fd: numbers may be few and large (dup2(2), Windows' handles). */
  readonly #slotsAfter = new Map<number, Int32Array>();

  get size(): number {
    return this.#size;
  }

  /** How many registrations are a user's. */
  get userSize(): number {
    return this.#size - this.#internal;
  }

  /** Whether one of a user's keeps the process alive. */
  get keepsAlive(): boolean {
    return this.userSize > this.#unreferenced;
  }

  /** Notes whether a registration that is in the table keeps the process alive. */
  setReferenced(registration: AnyRegistration, referenced: boolean): void {
    if (registration.referenced === referenced) return;
    registration.markReferenced(referenced);
    this.#unreferenced += referenced ? -1 : 1;
  }

  /** The generation of the next registration. */
  get nextGeneration(): number {
    return this.#generation;
  }

  /** Finds a free slot for a registration of this fd, and makes room. The slot stays free until add(). */
  prepare(fd: number): number {
    if (this.#firstFree === NONE) {
      const page = makePage(this.#pages.length * PAGE_LENGTH);
      this.#pages.push(page);
      this.#firstFree = (this.#pages.length - 1) * PAGE_LENGTH;
    }
    if (fd !== NO_FD) this.#indexFor(fd);
    this.#generation = this.#generation === LAST_GENERATION ? 1 : this.#generation + 1;
    return this.#firstFree;
  }

  /** Puts a registration into its slot, which prepare() found. */
  add(registration: AnyRegistration): void {
    const { slot, fd } = registration;
    const page = this.#pageOf(slot);
    const index = fd === NO_FD ? null : this.#indexFor(fd);
    const internal = registration.internal ? 1 : 0;
    // Assignments only from here on: an exception cannot come in between.
    this.#firstFree = page[slot & IN_PAGE] as number;
    page[slot & IN_PAGE] = registration;
    if (index !== null) index[fd % PAGE_LENGTH] = slot + 1;
    this.#size++;
    this.#internal += internal;
  }

  /** Takes a registration out and sets its state. Does nothing where it is out already. */
  remove(registration: AnyRegistration, state: number): void {
    const { slot, fd } = registration;
    const page = this.#pageOf(slot);
    const index = fd === NO_FD ? null : this.#indexFor(fd);
    if (page[slot & IN_PAGE] !== registration) return;
    const internal = registration.internal ? 1 : 0;
    const unreferenced = registration.referenced ? 0 : 1;
    registration.setState(state);
    // Assignments only from here on: an exception cannot come in between.
    page[slot & IN_PAGE] = this.#firstFree;
    this.#firstFree = slot;
    if (index !== null && index[fd % PAGE_LENGTH] === slot + 1) index[fd % PAGE_LENGTH] = 0;
    this.#size--;
    this.#internal -= internal;
    this.#unreferenced -= unreferenced;
  }

  /** The registration of this fd; null if the table has none. */
  byFd(fd: number): AnyRegistration | null {
    const after = this.#slotsAfter.get(Math.floor(fd / PAGE_LENGTH))?.[fd % PAGE_LENGTH] ?? 0;
    return after === 0 ? null : (this.#pageOf(after - 1)[(after - 1) & IN_PAGE] as AnyRegistration);
  }

  /** The registration that this event is for; null where it is gone. */
  at(slot: number, generation: number): AnyRegistration | null {
    const entry = this.#pageOf(slot)[slot & IN_PAGE];
    return typeof entry === 'object' && entry.generation === generation ? entry : null;
  }

  *[Symbol.iterator](): Iterator<AnyRegistration> {
    for (const page of this.#pages) {
      for (const entry of page) if (typeof entry === 'object') yield entry;
    }
  }

  #pageOf(slot: number): Entry[] {
    return this.#pages[slot >>> PAGE_BITS] as Entry[];
  }

  /** The page of the index by fd that has this fd. */
  #indexFor(fd: number): Int32Array {
    const number = Math.floor(fd / PAGE_LENGTH);
    let page = this.#slotsAfter.get(number);
    if (page === undefined) {
      page = new Int32Array(PAGE_LENGTH);
      this.#slotsAfter.set(number, page);
    }
    return page;
  }
}
