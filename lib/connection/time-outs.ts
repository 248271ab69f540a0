// TimeOuts: when streams are idle for too long, and their deadlines. A wheel of buckets, one a tick; a stream is in the
// bucket of the tick when it is looked at next. Activity is one store, and moves nothing: a stream that was active
// since is put into a later bucket when its bucket comes. A time-out is never early, and at most some ticks late.
//
// A time-out that has come is told in a later turn, which may be much later on a busy machine. Activity until then
// takes it back, and the next one counts from when this one was told.
//
// Ticks are 32-bit numbers that wrap around after a year, and are compared by their difference.

const TICK_MS = 16;
const BUCKETS = 1024; // a power of two; a turn of the wheel takes 16 s
const NONE = -1;
const FIRST = -1;
const FIRST_SLOTS = 64;

/** What a time-out is of. */
export const TimeOut = { IDLE: 0, DEADLINE: 1 } as const;

/** The words of a slot. */
const IDLE = 0; // how many ticks it may be idle; 0: any
const ACTIVE = 1; // the tick of the last activity
const DEADLINE = 2; // a tick; 0: none
const DUE = 3; // the tick of its bucket
const NEXT = 4;
const PREVIOUS = 5; // the slot before it in the bucket, plus 1; FIRST; 0: it is in no bucket
const OWED = 6; // bits: which time-outs have come, and are still to be told
const WORDS = 7;

export class TimeOuts {
  readonly #heads = new Int32Array(BUCKETS).fill(NONE);
  #slots: Int32Array = new Int32Array(FIRST_SLOTS * WORDS);
  /** The tick of this turn. */
  #tick: number;
  /** All buckets up to this tick have been looked at. */
  #done: number;
  #size = 0;

  constructor(nowMs: number) {
    this.#tick = this.#done = tickOf(nowMs);
  }

  get size(): number {
    return this.#size;
  }

  /** The clock of a new turn. */
  begin(nowMs: number): void {
    this.#tick = tickOf(nowMs);
  }

  /** A byte of the slot came or went. */
  touch(slot: number): void {
    const at = slot * WORDS;
    const slots = this.#slots;
    if (at >= slots.length) return;
    slots[at + ACTIVE] = this.#tick;
    slots[at + OWED] = (slots[at + OWED] as number) & ~(1 << TimeOut.IDLE);
  }

  /** @param idleMs 0: none */
  setIdle(slot: number, idleMs: number, nowMs: number): void {
    this.#takeBack(slot, TimeOut.IDLE);
    this.#set(slot, IDLE, idleMs === 0 ? 0 : ticksOf(idleMs) + 1);
    this.#set(slot, ACTIVE, tickOf(nowMs));
    this.#place(slot, tickOf(nowMs));
  }

  /** @param delayMs from now on; null: none */
  setDeadline(slot: number, delayMs: number | null, nowMs: number): void {
    this.#takeBack(slot, TimeOut.DEADLINE);
    this.#set(slot, DEADLINE, delayMs === null ? 0 : (tickOf(nowMs) + ticksOf(delayMs) + 1) | 0 || 1);
    this.#place(slot, tickOf(nowMs));
  }

  /** The slot is free, or belongs to a new stream. */
  forget(slot: number): void {
    if (slot * WORDS >= this.#slots.length) return;
    this.#set(slot, IDLE, 0);
    this.#set(slot, DEADLINE, 0);
    this.#set(slot, OWED, 0);
    this.#unlink(slot);
  }

  /** Whether a time-out that has come still holds: it was not taken back since. */
  owes(slot: number, timeOut: number): boolean {
    return (this.#get(slot, OWED) & (1 << timeOut)) !== 0;
  }

  /** Such a time-out is told now. */
  take(slot: number, timeOut: number, nowMs: number): void {
    this.#takeBack(slot, timeOut);
    if (timeOut === TimeOut.IDLE) this.#set(slot, ACTIVE, tickOf(nowMs));
  }

  /** In how many milliseconds the next bucket that is not empty comes; -1 if all are empty. */
  nextDelayMs(nowMs: number): number {
    if (this.#size === 0) return -1;
    for (let i = 1; i <= BUCKETS; i++) {
      const tick = (this.#done + i) | 0;
      if (this.#heads[tick & (BUCKETS - 1)] === NONE) continue;
      return Math.max(0, ((tick - tickOf(nowMs)) | 0) * TICK_MS);
    }
    return -1;
  }

  /** Looks at the buckets that have come, and calls `expired` for each time-out. It must change nothing here. */
  advance(nowMs: number, expired: (slot: number, timeOut: number) => void): void {
    const now = tickOf(nowMs);
    const passed = Math.min((now - this.#done) | 0, BUCKETS);
    if (passed <= 0) return;
    for (let i = passed - 1; i >= 0; i--) this.#look((now - i) & (BUCKETS - 1), now, expired);
    this.#done = now;
  }

  #takeBack(slot: number, timeOut: number): void {
    this.#set(slot, OWED, this.#get(slot, OWED) & ~(1 << timeOut));
  }

  #look(bucket: number, now: number, expired: (slot: number, timeOut: number) => void): void {
    let slot = this.#heads[bucket] as number;
    while (slot !== NONE) {
      const next = this.#get(slot, NEXT);
      if (((this.#get(slot, DUE) - now) | 0) <= 0) this.#expire(slot, now, expired);
      slot = next;
    }
  }

  #expire(slot: number, now: number, expired: (slot: number, timeOut: number) => void): void {
    const idle = this.#get(slot, IDLE);
    const deadline = this.#get(slot, DEADLINE);
    if (deadline !== 0 && ((deadline - now) | 0) <= 0) {
      this.#set(slot, DEADLINE, 0);
      this.#set(slot, OWED, this.#get(slot, OWED) | (1 << TimeOut.DEADLINE));
      expired(slot, TimeOut.DEADLINE);
    }
    if (idle !== 0 && ((this.#get(slot, ACTIVE) + idle - now) | 0) <= 0) {
      this.#set(slot, ACTIVE, now);
      this.#set(slot, OWED, this.#get(slot, OWED) | (1 << TimeOut.IDLE));
      expired(slot, TimeOut.IDLE);
    }
    this.#place(slot, now);
  }

  /** Puts the slot into the bucket of what comes first. */
  #place(slot: number, now: number): void {
    const idle = this.#get(slot, IDLE);
    const deadline = this.#get(slot, DEADLINE);
    const idleIn = idle === 0 ? Number.POSITIVE_INFINITY : (this.#get(slot, ACTIVE) + idle - now) | 0;
    const deadlineIn = deadline === 0 ? Number.POSITIVE_INFINITY : (deadline - now) | 0;
    const dueIn = Math.max(1, Math.min(idleIn, deadlineIn));
    this.#unlink(slot);
    if (dueIn !== Number.POSITIVE_INFINITY) this.#link(slot, (now + dueIn) | 0);
  }

  #link(slot: number, due: number): void {
    const bucket = due & (BUCKETS - 1);
    const first = this.#heads[bucket] as number;
    this.#set(slot, DUE, due);
    this.#set(slot, NEXT, first);
    this.#set(slot, PREVIOUS, FIRST);
    if (first !== NONE) this.#set(first, PREVIOUS, slot + 1);
    this.#heads[bucket] = slot;
    this.#size++;
  }

  #unlink(slot: number): void {
    const previous = this.#get(slot, PREVIOUS);
    if (previous === 0) return;
    const next = this.#get(slot, NEXT);
    if (previous === FIRST) this.#heads[this.#get(slot, DUE) & (BUCKETS - 1)] = next;
    else this.#set(previous - 1, NEXT, next);
    if (next !== NONE) this.#set(next, PREVIOUS, previous);
    this.#set(slot, PREVIOUS, 0);
    this.#size--;
  }

  #get(slot: number, word: number): number {
    return (this.#slots[slot * WORDS + word] as number | undefined) ?? 0;
  }

  #set(slot: number, word: number, value: number): void {
    const at = slot * WORDS + word;
    if (at >= this.#slots.length) {
      const grown = new Int32Array(Math.max(2 * this.#slots.length, (slot + 1) * WORDS));
      grown.set(this.#slots);
      this.#slots = grown;
    }
    this.#slots[at] = value;
  }
}

function tickOf(nowMs: number): number {
  return (nowMs / TICK_MS) | 0;
}

/** Rounded up. More than half a year is half a year. */
function ticksOf(ms: number): number {
  return Math.min(Math.ceil(ms / TICK_MS), 2 ** 30);
}
