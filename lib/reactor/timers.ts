// Timers: a 4-ary heap by deadline, with the deadlines in a typed array of their own so that a comparison touches no
// object. Setting and cancelling are O(log n); a cancelled timer leaves at once, so cancelled ones never pile up.
// Equal deadlines fire in the order in which they were set.
//
// A termination or a stack overflow can cut a change of the heap short. So a change notes the timer that is on the
// move, or that leaves, and erases the note when done; mend() makes a heap of what is there otherwise.
import { checkDelay, checkFunction, checkObject } from '../base/arguments.js';
import { native } from '../native/table.js';

const FIRST_CAPACITY = 64;
const NOT_SET = -1;

/** What a timer calls, with the timer itself. */
export type TimerHandler = (timer: Timer) => void;

/** @internal what a timer asks of the reactor */
export interface TimerOwner {
  cancel(timer: Timer): void;
}

/** A timer that was set by `reactor.setTimer()`. It belongs to the thread that made it. */
export class Timer {
  /** The time between two firings, in milliseconds; undefined for a timer that fires once. */
  readonly repeatMs: number | undefined;
  /** @internal */
  readonly handler: TimerHandler;
  /** @internal its place in the heap */
  index = NOT_SET;
  /** @internal counts up with each setting: the order of equal deadlines */
  order = 0;
  readonly #owner: TimerOwner;

  /** @internal Only a Reactor makes these. */
  constructor(owner: TimerOwner, handler: TimerHandler, repeatMs: number | undefined) {
    this.#owner = owner;
    this.handler = handler;
    this.repeatMs = repeatMs;
  }

  /** Whether it will still fire. */
  get active(): boolean {
    return this.index !== NOT_SET;
  }

  /** It will not fire (again). Idempotent; fine inside any handler, its own too. */
  cancel(): void {
    if (this.active) this.#owner.cancel(this);
  }

  /** cancel(), for `using`. */
  [Symbol.dispose](): void {
    this.cancel();
  }
}

export function checkTimerArguments(delayMs: unknown, handler: unknown, options: unknown): number | undefined {
  checkDelay(delayMs, 'delayMs');
  checkFunction(handler, 'handler');
  if (options === undefined) return undefined;
  checkObject(options, 'options');
  const { repeatMs } = options as { repeatMs?: unknown };
  if (repeatMs === undefined) return undefined;
  checkDelay(repeatMs, 'options.repeatMs');
  return repeatMs;
}

export class TimerQueue {
  #deadlines = new Float64Array(FIRST_CAPACITY);
  #timers: Timer[] = [];
  #orders = 0;
  /**
   * The timer that has no place, or two, while a change is made; and its deadline, in an array as a number of its own.
   */
  #moving: Timer | null = null;
  readonly #movingMs = new Float64Array(1);
  #leaving: Timer | null = null;

  get size(): number {
    return this.#timers.length;
  }

  /** The earliest deadline; Infinity where no timer is set. */
  get nextDeadlineMs(): number {
    return this.#timers.length === 0 ? Number.POSITIVE_INFINITY : (this.#deadlines[0] as number);
  }

  add(timer: Timer, deadlineMs: number): void {
    this.mend();
    if (this.#timers.length === this.#deadlines.length) this.#grow();
    this.#movingMs[0] = deadlineMs;
    this.#moving = timer;
    timer.order = this.#orders++;
    this.#timers.push(timer);
    this.#place(timer, this.#timers.length - 1, deadlineMs);
    this.#siftUp(timer.index);
    this.#moving = null;
  }

  remove(timer: Timer): void {
    this.mend();
    const hole = timer.index;
    const lastIndex = this.#timers.length - 1;
    const last = this.#timers[lastIndex] as Timer;
    this.#leaving = timer;
    timer.index = NOT_SET;
    if (hole !== lastIndex) {
      this.#movingMs[0] = this.#deadlines[lastIndex] as number;
      this.#moving = last;
    }
    this.#timers.pop();
    if (hole !== lastIndex) {
      this.#place(last, hole, this.#movingMs[0] as number);
      this.#siftUp(hole);
      this.#siftDown(last.index);
    }
    this.#moving = this.#leaving = null;
  }

  clear(): void {
    this.mend();
    for (const timer of this.#timers) timer.index = NOT_SET;
    this.#timers = [];
  }

  /** Makes a heap of what a change left that was cut short. */
  mend(): void {
    if (this.#moving === null && this.#leaving === null) return;
    const deadlines = new Map<Timer, number>();
    this.#timers.forEach((timer, index) => {
      deadlines.set(timer, this.#deadlines[index] as number);
    });
    if (this.#moving !== null) deadlines.set(this.#moving, this.#movingMs[0] as number);
    if (this.#leaving !== null) deadlines.delete(this.#leaving);
    // What is in order is a heap.
    const entries = [...deadlines].sort(([a, aMs], [b, bMs]) => aMs - bMs || a.order - b.order);
    const capacity = Math.max(this.#deadlines.length, entries.length);
    const inOrder = new Float64Array(capacity);
    inOrder.set(entries.map(([, deadlineMs]) => deadlineMs));
    const timers = entries.map(([timer]) => timer);
    for (let index = 0; index < timers.length; index++) (timers[index] as Timer).index = index;
    // Assignments only from here on: an exception cannot come in between.
    this.#timers = timers;
    this.#deadlines = inOrder;
    this.#moving = this.#leaving = null;
  }

  /** The number that the next timer to be set gets. */
  get nextOrder(): number {
    return this.#orders;
  }

  /** Takes out the next timer that is due at nowMs and was set before `order`; undefined if no timer is due. */
  takeDue(nowMs: number, order: number): Timer | undefined {
    this.mend();
    const timer = this.#timers[0];
    if (timer === undefined || (this.#deadlines[0] as number) > nowMs || timer.order >= order) return undefined;
    this.remove(timer);
    // It is set already while its handler runs, which may cancel it; fired() then moves its deadline.
    if (timer.repeatMs !== undefined) this.add(timer, nowMs + timer.repeatMs);
    return timer;
  }

  /**
   * The handler of a timer from takeDue() has returned or thrown. A repeating timer counts from here, neither from its
   * last deadline nor from the start of the turn: never less than repeatMs between two firings, and no burst after a
   * delay.
   */
  fired(timer: Timer): void {
    if (timer.repeatMs === undefined || !timer.active) return;
    this.remove(timer);
    this.add(timer, native.now() + timer.repeatMs);
  }

  #grow(): void {
    const larger = new Float64Array(this.#deadlines.length * 2);
    larger.set(this.#deadlines);
    this.#deadlines = larger;
  }

  #place(timer: Timer, index: number, deadlineMs: number): void {
    this.#timers[index] = timer;
    this.#deadlines[index] = deadlineMs;
    timer.index = index;
  }

  #isBefore(deadlineMs: number, order: number, other: number): boolean {
    const otherDeadlineMs = this.#deadlines[other] as number;
    if (deadlineMs !== otherDeadlineMs) return deadlineMs < otherDeadlineMs;
    return order < this.#orderOf(other);
  }

  #siftUp(start: number): void {
    const timer = this.#timers[start] as Timer;
    const deadlineMs = this.#deadlines[start] as number;
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 2;
      if (!this.#isBefore(deadlineMs, timer.order, parent)) break;
      this.#place(this.#timers[parent] as Timer, index, this.#deadlines[parent] as number);
      index = parent;
    }
    this.#place(timer, index, deadlineMs);
  }

  #siftDown(start: number): void {
    const timer = this.#timers[start] as Timer;
    const deadlineMs = this.#deadlines[start] as number;
    let index = start;
    for (;;) {
      const child = this.#firstOfChildren(index);
      if (child < 0 || this.#isBefore(deadlineMs, timer.order, child)) break;
      this.#place(this.#timers[child] as Timer, index, this.#deadlines[child] as number);
      index = child;
    }
    this.#place(timer, index, deadlineMs);
  }

  /** The child that fires first, or -1 for a leaf. */
  #firstOfChildren(index: number): number {
    const begin = index * 4 + 1;
    if (begin >= this.#timers.length) return -1;
    const end = Math.min(begin + 4, this.#timers.length);
    let first = begin;
    let firstMs = this.#deadlines[begin] as number;
    for (let child = begin + 1; child < end; child++) {
      const childMs = this.#deadlines[child] as number;
      if (childMs > firstMs || (childMs === firstMs && this.#orderOf(child) > this.#orderOf(first))) continue;
      first = child;
      firstMs = childMs;
    }
    return first;
  }

  /** Of a timer by its place. Asked only where deadlines are equal: the objects of a million timers are in no cache. */
  #orderOf(index: number): number {
    return (this.#timers[index] as Timer).order;
  }
}
