// What a registration waits for, and what it is told: the two sets of bits of the Reactor, the same on every platform.
// A backend translates them from and to its kernel's own; nothing else may.
import { ReadyBit } from './ready-bits.gen.js';

/**
 * What a registration waits for; combine with `|`. 0 is "paused": only closures and errors are told, each once.
 *
 * @enum
 */
export const Interest = Object.freeze({
  /** Data to read, a connection to accept, or the end of the stream. */
  READABLE: ReadyBit.READABLE,
  /** Room to write, or a connection that was made (or failed). */
  WRITABLE: ReadyBit.WRITABLE,
  /** Out-of-band data, or an exceptional condition of a device. Not everywhere: see `capabilities().priority`. */
  PRIORITY: ReadyBit.PRIORITY,
} as const);

/**
 * What happened; a set of bits, tested with `&`. They are hints: the last word is what the call itself returns.
 *
 * @enum
 */
export const Ready = Object.freeze({
  /** There may be something to read. */
  READABLE: ReadyBit.READABLE,
  /** There may be room to write. */
  WRITABLE: ReadyBit.WRITABLE,
  /** There may be out-of-band data. */
  PRIORITY: ReadyBit.PRIORITY,
  /** The peer will send no more; data that it sent before may still be there to read. */
  READ_CLOSED: ReadyBit.READ_CLOSED,
  /** Nothing more can be written. */
  WRITE_CLOSED: ReadyBit.WRITE_CLOSED,
  /** An error is pending: `socket.takeError(fd)` says which. */
  ERROR: ReadyBit.ERROR,
  /** Both directions are closed, or the other end of a pipe is gone. */
  HANGUP: ReadyBit.HANGUP,
} as const satisfies typeof ReadyBit);

export const ALL_INTERESTS = Interest.READABLE | Interest.WRITABLE | Interest.PRIORITY;

/** Told whether asked for or not. */
export const CLOSURES = Ready.READ_CLOSED | Ready.WRITE_CLOSED | Ready.ERROR | Ready.HANGUP;

/**
 * `level`: told again each turn as long as it is so. `edge`: told once when it becomes so. `oneshot`: told once, then
 * silent until `modify()`.
 */
export type Mode = 'level' | 'edge' | 'oneshot';
