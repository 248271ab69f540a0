// How a wait of JavaScript blocks: in slices. V8 ends a thread (worker.terminate(), the process's exit, Ctrl-C) only
// while JavaScript runs, so a wait returns to JavaScript after each slice, whatever its limit is.
import { native } from '../native/table.js';

/** The longest that one system call may block. */
export const MAX_SLICE_MS = 250;

/** The deadline of a wait that has none. */
export const NO_DEADLINE: number = Number.POSITIVE_INFINITY;

/**
 * Makes one system call that waits for events of a queue, at most for timeoutMs and not beyond deadlineMs. Returns how
 * many events there are, and throws if the call fails.
 */
export type WaitOnce = (queue: number, words: Int32Array, timeoutMs: number, deadlineMs: number) => number;

/** Returns when a wait ends that begins now. @param limitMs what checkTimeout() returned: -1 for no limit */
export function deadlineAfter(limitMs: number): number {
  return limitMs < 0 ? NO_DEADLINE : native.now() + limitMs;
}

/** Waits in slices until there are events or the deadline has come, and returns how many events there are. */
export function waitInSlices(waitOnce: WaitOnce, queue: number, words: Int32Array, deadlineMs: number): number {
  for (;;) {
    const count = waitOnce(queue, words, MAX_SLICE_MS, deadlineMs);
    if (count > 0 || native.now() >= deadlineMs) return count;
  }
}
