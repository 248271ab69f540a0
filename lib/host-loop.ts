// The host's event loop drives a reactor's turns (attach): one object for as long as that is so. Natively it is
// bind/bind_host_loop.cc; here it is remembered what was told last, so that nothing is told twice.
import { errorOf, SystemError } from './errors.js';
import { native } from './native.js';

export class HostLoop {
  readonly #handle: number;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #referenced = true;

  /** @param turn called in the host's loop when fd is readable, and when the deadline has come */
  constructor(fd: number, turn: () => void) {
    this.#handle = native.hostAttach(fd, turn);
    if (this.#handle < 0) throw new SystemError(errorOf(this.#handle), 'uv_poll_init', { fd });
  }

  /** When a turn is due even if nothing happens, on the monotonic clock; Infinity for never, -Infinity for now. */
  setDeadline(deadlineMs: number): void {
    if (deadlineMs === this.#deadlineMs) return;
    this.#deadlineMs = deadlineMs;
    native.hostSetTimer(this.#handle, deadlineMs);
  }

  /** The next setDeadline() is told even if it is the same. */
  forgetDeadline(): void {
    this.#deadlineMs = Number.NaN;
  }

  /** Whether it keeps the process alive. */
  setReferenced(referenced: boolean): void {
    if (referenced === this.#referenced) return;
    this.#referenced = referenced;
    native.hostSetReferenced(this.#handle, referenced ? 1 : 0);
  }

  close(): void {
    native.hostDetach(this.#handle);
  }
}
