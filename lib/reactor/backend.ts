// The contract of a backend: what the Reactor needs of a kernel's readiness facility, and nothing more.
//
// A registration is a slot (index into the reactor's table) and a generation (which one of those that had that slot). Both
// go into the kernel's user-data word and come back with each event, so that an event of an earlier owner of a slot is
// recognised and dropped. The fd is never an identity: its number may belong to another file by now.
//
// A result is a native one (native/core/result.h): 0 or more, or a failure. No call is made between the kernel's answer and
// the return, so that an exception is either before the change or after it (registrar.ts).
//
//   check       Throws UnsupportedError for an interest or a mode that the kernel does not have.
//   register    Starts watching; returns a result. After a failure nothing is watched. EEXIST: this fd is watched already;
//               EPERM: a file that cannot be polled.
//   modify      New interest; re-arms a oneshot that has fired. What is ready already is reported again. Returns a result.
//   muteReadClosed
//               The peer's half-close was reported to a registration that did not ask to read: not again until modify().
//               Without it a level-triggered wait would return at once for as long as the user does not read.
//   deregister  Stops watching. Returns whether the fd was still the file that was registered; false where other code
//               closed it, whatever has its number now.
//   changeCall  The system call of the changes, for errors.
//   wait        Blocks for at most timeoutMs (0: not at all) and not beyond deadlineMs (Infinity: none), then returns how
//               many events there are. EINTR is retried with what remains.
//   slot(i), generation(i), ready(i)
//               The i-th event of the last wait, until the next one. A slot below 0 is an internal event of the backend:
//   dispatchInternal
//               Does what that event is for, and returns how many handlers it ran. What they throw goes through.
//   watchInternal, unwatchInternal
//               Watches the source of a waker or a signal (native/sys/waker.h): each ring is an event of the slot,
//               READABLE. Returns a result. unwatchInternal() returns whether the source is still open.
//   sourcesAreFds
//               Whether such a source is an fd, whose number other code may close.
//   hasPending  Whether something of the user's beside registrations can still bring an event (an overlapped operation).
//   submitChanges
//               Before the host waits in its place: tells the kernel what the next wait() would tell it.
//   times       At CLOCK the monotonic clock at the end of the last wait or readClock(), at WAITED how long that wait took, in
//               milliseconds (event-batch.ts). An array, because a number that is handed around becomes an object.
//   watchHost   From now on a wait returns when the host's event loop has something to do, where there is a way to know.
//               Returns the longest time-out for a wait, so that JavaScript runs every MAX_SLICE_MS: V8 ends a thread
//               (worker.terminate(), a vm time-out, Ctrl-C in a REPL) only there. -1 for any: the wait comes back by itself.
//               unwatchHost() undoes it.
//   hostNeedsTurn
//               Whether the host has something to do, or may have. Asked after a wait that brought nothing.
//   fd          What the host's loop can nest to drive this backend (attach).
//   close       Gives all of it back. Registered fds stay open.

import { native } from '../native/table.js';
import type { Mode } from './interest.js';

const { EBADF, ENOENT, EPERM } = native.constants.error;

/** JavaScript runs at least so often, whatever a wait was asked for. */
export const MAX_SLICE_MS = 250;

/** Whether the kernel says that the number is not the file that was registered, or no file at all. */
export function isGone(error: number): boolean {
  return error === ENOENT || error === EBADF || error === EPERM;
}

/** The facilities of the kernel that a Reactor can use: epoll(7) of Linux, kqueue(2) of macOS and the BSDs, completion ports of Windows. */
export type BackendName = 'epoll' | 'kqueue' | 'iocp';

export interface Backend {
  readonly name: BackendName;
  readonly fd: number;
  readonly times: Float64Array;
  readonly changeCall: string;
  readonly sourcesAreFds: boolean;
  check(interest: number, mode: Mode): void;
  register(fd: number, slot: number, generation: number, interest: number, mode: Mode): number;
  modify(fd: number, slot: number, generation: number, interest: number, mode: Mode): number;
  muteReadClosed(fd: number, slot: number, generation: number, interest: number): void;
  deregister(fd: number): boolean;
  watchInternal(source: number, slot: number, generation: number): number;
  unwatchInternal(source: number): boolean;
  wait(timeoutMs: number, deadlineMs: number): number;
  slot(index: number): number;
  generation(index: number): number;
  ready(index: number): number;
  dispatchInternal(index: number): number;
  hasPending(): boolean;
  submitChanges(): void;
  readClock(): void;
  watchHost(): number;
  hostNeedsTurn(): boolean;
  unwatchHost(): void;
  close(): void;
}
