// The contract of a backend: what the Reactor needs of a kernel's readiness facility, and nothing more. A core that
// every backend implements, and optional parts for what only some kernels have. Where a part is absent the Reactor
// does without.
//
// A registration is a slot (an index into the reactor's table) and a generation (which of the registrations that had
// that slot). Both go into the kernel's user-data word and come back with each event. So an event of an earlier owner
// of a slot is recognised and dropped. The fd is never an identity: its number may belong to another file by now.
//
// A result is a native one (native/core/result.h): 0 or more, or a failure. A backend makes no call between the
// kernel's answer and its return. So an exception comes before the change or after it (registrar.ts).

import { invalidValue, UnsupportedError } from '../base/errors.js';
import { MAX_SLICE_MS } from '../base/wait.js';
import { native } from '../native/table.js';
import { Interest, type Mode } from './interest.js';
import type { StreamEngine, StreamLimits, StreamMemory } from './stream-turn.js';

const { EBADF, ENOENT, EPERM } = native.constants.error;

/** The slot of a completion event. Any other slot below 0 is an event of the host part. */
export const COMPLETION_SLOT = -2; // kCompletionSlot of native/sys/windows/port/iocp.h

/** Whether the kernel says that the number is not the file that was registered, or no file at all. */
export function isGone(error: number): boolean {
  return error === ENOENT || error === EBADF || error === EPERM;
}

/** What a backend can do; each backend declares its own. */
export interface BackendCapabilities {
  /** The mode 'edge'. */
  readonly edge: boolean;
  /** The mode 'oneshot'. */
  readonly oneshot: boolean;
  /** `Interest.PRIORITY`. */
  readonly priority: boolean;
  /** The option `exclusive` of `register()`: the backend has the part. */
  readonly exclusive: boolean;
  /** `reactor.attach()`: the host's loop can wait for `fd`. */
  readonly attach: boolean;
}

/** What backends/index.ts lists: how to tell whether a backend is available, and how to open one. */
export interface BackendKind {
  readonly name: string;
  /** Whether this build of the add-on has the facility. */
  readonly available: boolean;
  readonly capabilities: BackendCapabilities;
  /** Opens a backend whose wait() returns at most `maxEvents` events. Leaves nothing open if it throws. */
  readonly open: (maxEvents: number) => Backend;
}

/** The changes that name an interest. */
export interface WatchPart {
  /**
   * Starts watching; returns a result. After a failure nothing is watched. EEXIST: this fd is watched already; EPERM: a
   * file that cannot be polled. The registrar has checked interest and mode against the capabilities.
   */
  register(fd: number, slot: number, generation: number, interest: number, mode: Mode): number;
  /** Sets a new interest; re-arms a oneshot that has fired. Reports again what is ready already. Returns a result. */
  modify(fd: number, slot: number, generation: number, interest: number, mode: Mode): number;
}

/** The core, and the parts that a backend may have. The Reactor looks for a part when it is made, or once a turn. */
export interface Backend extends WatchPart {
  readonly kind: BackendKind;
  /** What the host's loop waits for while the reactor is attached. */
  readonly fd: number;
  /**
   * At CLOCK the monotonic clock at the end of the last wait or readClock(), at WAITED how long that wait took, in
   * milliseconds (event-batch.ts). An array, because a number that crosses functions becomes an object.
   */
  readonly times: Float64Array;
  /** The system call of the changes, for errors. */
  readonly changeCall: string;

  /**
   * Stops watching. Returns whether the fd was still the file that was registered: false if other code closed it,
   * whatever has its number now.
   */
  deregister(fd: number): boolean;
  /**
   * Watches the source of a waker or a signal (native/sys/waker.h). Each ring is an event of the slot, READABLE.
   * Returns a result.
   */
  watchInternal(source: number, slot: number, generation: number): number;
  /** Ends watchInternal(). Returns whether the source is still open. */
  unwatchInternal(source: number): boolean;
  /**
   * Blocks for at most timeoutMs (0: not at all) and not beyond deadlineMs (Infinity: none). Returns how many events
   * there are. Retries EINTR with what remains.
   */
  wait(timeoutMs: number, deadlineMs: number): number;
  /** The slot of the i-th event of the last wait. Below 0: an event of a part, see COMPLETION_SLOT. */
  slot(index: number): number;
  generation(index: number): number;
  /** Bits of Ready. */
  ready(index: number): number;
  /** Reads the clock into `times`. */
  readClock(): void;
  /** Gives all of it back. Registered fds stay open. */
  close(): void;

  /** The sources of watchInternal() are fds, and other code may close their numbers. */
  readonly sourcesAreFds?: boolean;
  /**
   * For `exclusive` registrations, whose event wakes not every set that watches the file. After a failure of modify()
   * nothing is watched.
   */
  readonly exclusive?: WatchPart;
  readonly host?: HostPart;
  readonly completions?: CompletionPart;
  /**
   * The peer's half-close was reported to a level registration that did not ask to read. Keeps it from being reported
   * again until modify(): each wait would return at once until the user reads. Absent where the kernel reports it
   * once.
   */
  muteReadClosed?(fd: number, slot: number, generation: number, interest: number): void;
  /** For connections that are served within the wait (stream-turn.ts). Absent where the kernel cannot. */
  openStreams?(memory: StreamMemory, limits: StreamLimits): StreamEngine;
  /** Before the host waits: tells the kernel what the next wait() would tell it. Absent where register() does so. */
  submitChanges?(): void;
}

/** For a kernel that can wait for the host's event loop as well. Without it, waits are cut into slices: SLICED_HOST. */
export interface HostPart {
  /**
   * From now on a wait returns when the host's event loop has something to do. Returns the longest time-out of a wait,
   * so that JavaScript runs every MAX_SLICE_MS: V8 ends a thread (worker.terminate(), a vm time-out, Ctrl-C in a REPL)
   * only there. -1 for any: the wait comes back by itself.
   */
  watch(): number;
  /** Ends watch(). */
  unwatch(): void;
  /** Whether the host has something to do, or may have. The Reactor asks after a wait that brought nothing. */
  needsTurn(): boolean;
  /** Takes an event of its own, by the slot. */
  dispatch(slot: number): void;
}

/** For a kernel that reports operations of the user as well (overlapped operations). */
export interface CompletionPart {
  /** Whether an operation can still bring an event. */
  hasPending(): boolean;
  /** Hands on the event at the index. Returns how many handlers it ran. What they throw goes through. */
  dispatch(index: number): number;
}

/** In place of a host part: a wait returns after a slice, and the host may have something to do by then. */
export const SLICED_HOST: HostPart = {
  watch: () => MAX_SLICE_MS,
  unwatch: () => {},
  needsTurn: () => true,
  dispatch: () => {},
};

/** In place of a completion part. */
export const NO_COMPLETIONS: CompletionPart = { hasPending: () => false, dispatch: () => 0 };

/**
 * @throws UnsupportedError for an interest or a mode that the backend does not have; TypeError ERR_INVALID_ARG_VALUE
 * for what `exclusive` does not go with
 */
export function checkSupported(can: BackendCapabilities, interest: number, mode: Mode, exclusive: boolean): void {
  const { edge, oneshot, priority } = can;
  if (exclusive) checkExclusive(can, interest, mode);
  if ((mode === 'edge' && !edge) || (mode === 'oneshot' && !oneshot)) throw new UnsupportedError(`the mode '${mode}'`);
  if (!priority && (interest & Interest.PRIORITY) !== 0) throw new UnsupportedError('Interest.PRIORITY');
}

function checkExclusive(can: BackendCapabilities, interest: number, mode: Mode): void {
  if (!can.exclusive) throw new UnsupportedError('the option exclusive');
  if (mode === 'oneshot') throw invalidValue('options.mode', "'level' or 'edge' with exclusive", mode);
  if ((interest & Interest.PRIORITY) !== 0) throw invalidValue('interest', 'without PRIORITY with exclusive', interest);
}
