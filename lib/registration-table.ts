// The reactor's registrations: slots that are used again, each with a generation, and an index by fd.
//
// Invariants: slot s is in use exactly when at(s) is a registration. A slot's generation changes when the slot is freed,
// so a (slot, generation) pair names one registration for ever. The index by fd only serves to notice that an fd was
// closed behind our back and its number registered anew; it is never used to find whom an event belongs to.
import type { Registration } from './registration.js';

type AnyRegistration = Registration<unknown>;

const FIRST_CAPACITY = 64;

/** Fds from here on are not small numbers that the system gives out again and again, but exceptions. */
const DENSE_FDS = 1 << 24;

/** The fd of a registration that has none: of a waker or a signal. */
export const NO_FD = -1;

function grown(array: Int32Array, least: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(least, array.length * 2));
  larger.set(array);
  return larger;
}

export class RegistrationTable {
  #size = 0;
  readonly #registrations: (AnyRegistration | null)[] = [];
  readonly #freeSlots: number[] = [];
  #generations = new Int32Array(FIRST_CAPACITY);
  #slotAfterFd = new Int32Array(FIRST_CAPACITY); // slot + 1 by fd below DENSE_FDS; 0: none
  readonly #slotAfterLargeFd = new Map<number, number>();

  get size(): number {
    return this.#size;
  }

  /** A free slot, which add() or cancel() must follow. */
  reserve(): number {
    const free = this.#freeSlots.pop();
    if (free !== undefined) return free;
    const slot = this.#registrations.push(null) - 1;
    if (slot >= this.#generations.length) this.#generations = grown(this.#generations, slot + 1);
    return slot;
  }

  cancel(slot: number): void {
    this.#freeSlots.push(slot);
  }

  /** Puts it into its slot; returns the one whose fd had this number before, and was not removed. */
  add(registration: AnyRegistration): AnyRegistration | null {
    const { slot, fd } = registration;
    const before = fd === NO_FD ? -1 : this.#slotOf(fd);
    this.#registrations[slot] = registration;
    if (fd !== NO_FD) this.#setSlot(fd, slot);
    this.#size++;
    return before < 0 ? null : (this.#registrations[before] as AnyRegistration);
  }

  remove(registration: AnyRegistration): void {
    const { slot, fd } = registration;
    this.#registrations[slot] = null;
    this.#generations[slot]!++;
    this.#freeSlots.push(slot);
    if (fd !== NO_FD && this.#slotOf(fd) === slot) this.#setSlot(fd, -1);
    this.#size--;
  }

  /** -1: none. */
  #slotOf(fd: number): number {
    return (fd < DENSE_FDS ? (this.#slotAfterFd[fd] ?? 0) : (this.#slotAfterLargeFd.get(fd) ?? 0)) - 1;
  }

  #setSlot(fd: number, slot: number): void {
    if (fd < DENSE_FDS) {
      if (fd >= this.#slotAfterFd.length) this.#slotAfterFd = grown(this.#slotAfterFd, fd + 1);
      this.#slotAfterFd[fd] = slot + 1;
    } else if (slot < 0) this.#slotAfterLargeFd.delete(fd);
    else this.#slotAfterLargeFd.set(fd, slot + 1);
  }

  generation(slot: number): number {
    return this.#generations[slot] as number;
  }

  /** The registration that this event is for; null where it is gone. */
  at(slot: number, generation: number): AnyRegistration | null {
    return this.#generations[slot] === generation ? (this.#registrations[slot] ?? null) : null;
  }

  *[Symbol.iterator](): Iterator<AnyRegistration> {
    for (const registration of this.#registrations) if (registration !== null) yield registration;
  }
}
