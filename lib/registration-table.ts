// The reactor's registrations: slots that are used again, and an index by fd.
//
// Invariants: each registration has a generation of its own, whatever its slot, so a (slot, generation) pair names one
// registration for ever. It is kept in the registration and not in a table beside: where there are millions, an event costs
// as much as the lines of memory that it touches. The index by fd only serves to notice that an fd was closed behind our
// back and its number registered anew; it is never used to find whom an event belongs to.
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
/** Then they begin anew: two thousand million registrations later nobody is left to be mistaken for. */
const LAST_GENERATION = 2 ** 31 - 1;

/** What is in a slot; where it is free: the next one that is, or NONE. */
type Entry = AnyRegistration | number;

/** All its slots are free. */
const makePage = (firstSlot: number): Entry[] =>
  Array.from({ length: PAGE_LENGTH }, (_, i) => (i < IN_PAGE ? firstSlot + i + 1 : NONE));

export class RegistrationTable {
  #size = 0;
  #generation = 0;
  readonly #pages: Entry[][] = [];
  #firstFree = NONE;
  /** slot + 1 by fd, 0 for none, in pages by fd: numbers may be few and large (dup2(2), Windows' handles). */
  readonly #slotsAfter = new Map<number, Int32Array>();

  get size(): number {
    return this.#size;
  }

  /** The generation for whoever takes the slot that was reserved last. */
  get generation(): number {
    return this.#generation;
  }

  /** A free slot, which add() or cancel() must follow. */
  reserve(): number {
    if (this.#firstFree === NONE) {
      this.#firstFree = this.#pages.length * PAGE_LENGTH;
      this.#pages.push(makePage(this.#firstFree));
    }
    const slot = this.#firstFree;
    this.#firstFree = this.#pageOf(slot)[slot & IN_PAGE] as number;
    this.#generation = this.#generation === LAST_GENERATION ? 1 : this.#generation + 1;
    return slot;
  }

  cancel(slot: number): void {
    this.#free(slot);
  }

  /** Puts it into its slot; returns the one whose fd had this number before, and was not removed. */
  add(registration: AnyRegistration): AnyRegistration | null {
    const { slot, fd } = registration;
    this.#pageOf(slot)[slot & IN_PAGE] = registration;
    this.#size++;
    if (fd === NO_FD) return null;
    const before = this.#slotOf(fd);
    this.#setSlot(fd, slot);
    return before === NONE ? null : (this.#pageOf(before)[before & IN_PAGE] as AnyRegistration);
  }

  remove(registration: AnyRegistration): void {
    const { slot, fd } = registration;
    this.#free(slot);
    if (fd !== NO_FD && this.#slotOf(fd) === slot) this.#setSlot(fd, NONE);
    this.#size--;
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

  #free(slot: number): void {
    this.#pageOf(slot)[slot & IN_PAGE] = this.#firstFree;
    this.#firstFree = slot;
  }

  #slotOf(fd: number): number {
    return (this.#slotsAfter.get(Math.floor(fd / PAGE_LENGTH))?.[fd % PAGE_LENGTH] ?? 0) - 1;
  }

  #setSlot(fd: number, slot: number): void {
    const number = Math.floor(fd / PAGE_LENGTH);
    let page = this.#slotsAfter.get(number);
    if (page === undefined) {
      page = new Int32Array(PAGE_LENGTH);
      this.#slotsAfter.set(number, page);
    }
    page[fd % PAGE_LENGTH] = slot + 1;
  }
}
