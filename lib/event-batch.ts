// The memory that one wait fills: a header with two times, then the kernel's event structs, as
// native/core/event_layout.h has them. Its buffer is never given to a user, so that nobody can detach it.
import { type EventLayout, native } from './native.js';

const WORD_BYTES = 4;

export class EventBatch {
  /** The whole buffer, as native code takes it. */
  readonly words: Int32Array;
  readonly capacity: number;
  readonly #times: Float64Array;

  constructor(layout: EventLayout, capacity: number) {
    const headerBytes = layout.firstWord * WORD_BYTES;
    const bytes = headerBytes + capacity * layout.eventWords * WORD_BYTES;
    // Zeroed, so that padding never shows what was in the memory before.
    const buffer = new ArrayBuffer(bytes + (-bytes & (WORD_BYTES * 2 - 1)));
    this.words = new Int32Array(buffer, 0, bytes / WORD_BYTES);
    this.#times = new Float64Array(buffer, 0, 2);
    this.capacity = capacity;
  }

  /** The monotonic clock at the last wait's end or the last stamp(). */
  get nowMs(): number {
    return this.#times[0] as number;
  }

  /** How long the last wait took. */
  get waitedMs(): number {
    return this.#times[1] as number;
  }

  /** Reads the clock into nowMs, without making an object of the number. */
  stamp(): void {
    native.stamp(this.words);
  }
}
