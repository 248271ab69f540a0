// The memory that one wait fills: a header with two times, then the kernel's event structs, as
// native/core/event_layout.h has them. No user ever gets its buffer, so no user can detach it.
import type { EventLayout } from '../native/queue-calls.js';
import { native } from '../native/table.js';

const { readClock } = native;
const WORD_BYTES = 4;

/** Index of the monotonic clock at the end of the last wait, or at the last readClock(). */
export const CLOCK = 0;
/** Index of how long the last wait took. */
export const WAITED = 1;

export class EventBatch {
  /** The whole buffer, as native code takes it. */
  readonly words: Int32Array;
  readonly capacity: number;
  /** At CLOCK and WAITED, in milliseconds. Read where it is used: a getter's number may be made into an object. */
  readonly times: Float64Array;

  constructor(layout: EventLayout, capacity: number) {
    const headerBytes = layout.firstWord * WORD_BYTES;
    const bytes = headerBytes + capacity * layout.eventWords * WORD_BYTES;
    // Zeroed, so that padding never shows what was in the memory before.
    const buffer = new ArrayBuffer(bytes + (-bytes & (WORD_BYTES * 2 - 1)));
    this.words = new Int32Array(buffer, 0, bytes / WORD_BYTES);
    this.times = new Float64Array(buffer, 0, 2);
    this.capacity = capacity;
  }

  /** Reads the clock into `times`, without making an object of the number. */
  readClock(): void {
    readClock(this.words);
  }
}
