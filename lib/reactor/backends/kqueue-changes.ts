// What the Reactor's kqueue backend knows of kevents, as pure functions over a table of constants, so that every
// system's numbers can be tried on any: which changes bring a queue from one interest to another, what an event means,
// and how the two filters of one fd become one set of Ready bits.
import { Interest, type Mode, Ready } from '../interest.js';

/** The numbers of <sys/event.h> that the backend uses; undefined for what a system does not have. */
export interface KqueueConstants {
  readonly EVFILT_READ: number;
  readonly EVFILT_WRITE: number;
  readonly EVFILT_EXCEPT?: number | undefined;
  readonly EVFILT_SIGNAL: number;
  readonly EV_ADD: number;
  readonly EV_DELETE: number;
  readonly EV_ENABLE: number;
  readonly EV_DISABLE: number;
  readonly EV_CLEAR: number;
  readonly EV_DISPATCH: number;
  readonly EV_EOF: number;
  readonly EV_ERROR: number;
  readonly EV_RECEIPT: number;
  readonly NOTE_LOWAT?: number | undefined;
  readonly NOTE_OOB?: number | undefined;
}

/** One change of a filter of an fd. */
export interface Change {
  readonly filter: number;
  readonly flags: number;
  readonly fflags: number;
  readonly data: number;
  /** That there is no such filter, or none for this kind of file, is no failure. */
  readonly mayFail: boolean;
}

/** What a queue has for an fd: interests, and SILENT where its READ filter is only there to hear of closures. */
export const SILENT = 8;

/**
 * So much that the low-water mark never is reached: data says nothing then, the end of the stream does all the same.
 */
const UNREACHABLE = 2 ** 31 - 1;

/** What the queue is to have for an interest: closures come by the READ filter, whether asked for or not. */
export function filtersOf(interest: number): number {
  return interest & Interest.READABLE ? interest : interest | SILENT;
}

function modeFlags(mode: Mode, k: KqueueConstants): number {
  if (mode === 'edge') return k.EV_CLEAR;
  // Not EV_ONESHOT: its knote is gone once it has fired, and the fd with it.
  return mode === 'oneshot' ? k.EV_DISPATCH : 0;
}

/**
 * The changes from what the queue has (0: nothing) to what it is to have, each as filtersOf() gives it. A filter that
 * is told once (edge, oneshot, SILENT) and stays is taken out and added anew: so it is told again if it is ready, as
 * modify() promises. One that is told each turn is left alone.
 */
export function changesBetween(before: number, after: number, mode: Mode, k: KqueueConstants): Change[] {
  const stays = mode === 'level' ? before & after & ~SILENT : 0;
  const old = before & ~stays;
  const made = after & ~stays;
  const changes: Change[] = [];
  const add = (filter: number, flags: number, fflags = 0, data = 0, mayFail = false): void => {
    changes.push({ filter, flags: k.EV_ADD | flags, fflags, data, mayFail });
  };
  const remove = (filter: number): void => {
    changes.push({ filter, flags: k.EV_DELETE, fflags: 0, data: 0, mayFail: true });
  };
  const flags = modeFlags(mode, k);
  if (old & (Interest.READABLE | SILENT)) remove(k.EVFILT_READ);
  if (made & Interest.READABLE) add(k.EVFILT_READ, flags);
  else if (made & SILENT) add(k.EVFILT_READ, k.EV_CLEAR, k.NOTE_LOWAT, UNREACHABLE, true);
  if (old & Interest.WRITABLE) remove(k.EVFILT_WRITE);
  if (made & Interest.WRITABLE) add(k.EVFILT_WRITE, flags);
  if (k.EVFILT_EXCEPT === undefined) return changes;
  if (old & Interest.PRIORITY) remove(k.EVFILT_EXCEPT);
  if (made & Interest.PRIORITY) add(k.EVFILT_EXCEPT, flags, k.NOTE_OOB);
  return changes;
}

/** An error ends both directions: a call that would fail does not block. */
const BROKEN = Ready.READABLE | Ready.WRITABLE | Ready.READ_CLOSED | Ready.WRITE_CLOSED | Ready.ERROR | Ready.HANGUP;

/**
 * What one event says. The end of the stream comes beside what is still to be read; fflags is then a socket's error.
 */
export function readyOf(filter: number, flags: number, fflags: number, k: KqueueConstants): number {
  const isEnd = (flags & k.EV_EOF) !== 0;
  // libkqueue gives back the fflags that the filter was added with; a kernel's begin at 0.
  const isOwn = filter === k.EVFILT_READ && fflags === k.NOTE_LOWAT;
  if (isEnd && fflags !== 0 && !isOwn && filter !== k.EVFILT_EXCEPT) return BROKEN;
  if (filter === k.EVFILT_READ) return isEnd ? Ready.READABLE | Ready.READ_CLOSED : Ready.READABLE;
  if (filter === k.EVFILT_WRITE) return isEnd ? Ready.WRITABLE | Ready.WRITE_CLOSED : Ready.WRITABLE;
  return filter === k.EVFILT_EXCEPT ? Ready.PRIORITY : 0;
}

const BOTH_CLOSED = Ready.READ_CLOSED | Ready.WRITE_CLOSED;

/** The events of one wait as one entry a registration, in the order in which they first came. */
export class Merge {
  #count = 0;
  #slots = new Int32Array(0);
  #generations = new Int32Array(0);
  #ready = new Int32Array(0);
  /** Where the entry of a slot is, if that entry is of this slot: never cleared. */
  #entryOfSlot = new Int32Array(0);

  /** How many entries there are. */
  get count(): number {
    return this.#count;
  }

  begin(): void {
    this.#count = 0;
  }

  add(slot: number, generation: number, ready: number): void {
    const known = this.#entryOfSlot[slot] ?? 0;
    if (known < this.#count && this.#slots[known] === slot && this.#generations[known] === generation) {
      this.#ready[known]! |= ready;
      return;
    }
    const entry = this.#count++;
    this.#reserve(slot);
    this.#slots[entry] = slot;
    this.#generations[entry] = generation;
    this.#ready[entry] = ready;
    this.#entryOfSlot[slot] = entry;
  }

  slot(entry: number): number {
    return this.#slots[entry] as number;
  }

  generation(entry: number): number {
    return this.#generations[entry] as number;
  }

  /** HANGUP is that both directions are closed, which no single filter says. */
  ready(entry: number): number {
    const ready = this.#ready[entry] as number;
    return (ready & BOTH_CLOSED) === BOTH_CLOSED ? ready | Ready.HANGUP : ready;
  }

  #reserve(slot: number): void {
    if (this.#count > this.#slots.length) {
      const capacity = Math.max(64, this.#count * 2);
      this.#slots = grown(this.#slots, capacity);
      this.#generations = grown(this.#generations, capacity);
      this.#ready = grown(this.#ready, capacity);
    }
    if (slot >= this.#entryOfSlot.length) this.#entryOfSlot = grown(this.#entryOfSlot, Math.max(64, (slot + 1) * 2));
  }
}

export function grown(array: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(capacity);
  larger.set(array);
  return larger;
}
