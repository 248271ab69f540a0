// The host's event loop drives a reactor's turns (attach): one object for as long as that is so. Natively it is
// bind/host/host_loop.h; here it is remembered what was told last, so that nothing is told twice.

import { errorOf, SystemError } from '../base/errors.js';
import { asyncHooks } from '../native/builtins.js';
import { native } from '../native/table.js';

/**
 * The calls for a host with an event loop of libuv, which can watch the fd of a reactor; undefined for any other host.
 * Bun and Deno export functions with libuv's names, for add-ons that need its mutex or clock. But their event loops
 * are not libuv's, and the functions that watch an fd end the process.
 */
export const hostUv =
  process.versions.bun === undefined && process.versions.deno === undefined ? native.hostUv : undefined;

/** Calls a function in the AsyncLocalStorage store in which the package was loaded: none, as a rule. */
const inNoStore: (call: () => void) => void = asyncHooks.AsyncLocalStorage.snapshot?.() ?? ((call) => call());

export class HostLoop {
  readonly #handle: number;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #referenced = true;

  /** @param turn called in the host's loop when fd is readable, and when the deadline has come */
  constructor(fd: number, turn: () => void) {
    const take = (): void => {
      if (this.#deadlineMs === Number.NEGATIVE_INFINITY) this.forgetDeadline(); // the host calls for it once
      turn();
    };
    this.#handle = hostUv?.attach(fd, take) ?? native.host.attachThread(fd, () => inNoStore(take));
    if (this.#handle < 0)
      throw new SystemError(errorOf(this.#handle), hostUv === undefined ? 'attach' : 'uv_poll_init', { fd });
  }

  /** When a turn is due even if nothing happens, on the monotonic clock; Infinity for never, -Infinity for now. */
  setDeadline(deadlineMs: number): void {
    if (deadlineMs === this.#deadlineMs) return;
    native.host.setTimer(this.#handle, deadlineMs);
    this.#deadlineMs = deadlineMs;
  }

  /** The next setDeadline() is told even if it is the same. */
  forgetDeadline(): void {
    this.#deadlineMs = Number.NaN;
  }

  /** Whether it keeps the process alive. */
  setReferenced(referenced: boolean): void {
    if (referenced === this.#referenced) return;
    native.host.setReferenced(this.#handle, referenced ? 1 : 0);
    this.#referenced = referenced;
  }

  close(): void {
    native.host.detach(this.#handle);
  }
}
