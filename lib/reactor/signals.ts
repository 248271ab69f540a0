// Signals as events of the reactor: a name becomes a number, and the number a source (native/sys/signals.h).

import { checkString } from '../base/arguments.js';
import { errorOf, invalidValue, SystemError } from '../base/errors.js';
import type { Closer } from '../base/resources.js';
import { os } from '../native/builtins.js';
import { native } from '../native/table.js';

/** How native code watches a signal (native/bind/bind_signals.cc). */
const Way = { ALONE: 0, WITH_PREVIOUS: 1, WITH_HOST: 2 } as const;

/**
 * Node's libuv installs and resets handlers without asking, so the watch is one of libuv's own: then the two never
 * replace each other. Bun and Deno have functions of libuv's names, but not its loop. Bun's handler of before is called
 * as well. Deno's is not: once there it stays, and it ends the process when nothing listens in Deno's own way; and it
 * calls those before it, the add-on's again among them.
 */
function wayHere(): number {
  if (process.versions.deno !== undefined) return Way.ALONE;
  return process.versions.bun === undefined ? Way.WITH_HOST : Way.WITH_PREVIOUS;
}

const WAY = wayHere();

/** What is called with a signal; a burst of the same signal may be one call. */
export type SignalHandler = (signal: NodeJS.Signals) => void;

/** What `reactor.onSignal()` returns. */
export interface SignalRegistration extends Disposable {
  /** The signal's name. */
  readonly signal: NodeJS.Signals;
  /** The handler is not called any more. After the last watch the signal does again what it did before. Idempotent. */
  deregister(): void;
}

/**
 * The number of a signal that can be watched.
 *
 * @throws TypeError ERR_INVALID_ARG_VALUE for a name that this system does not have, and for signals that cannot be
 * caught (SIGKILL, SIGSTOP) or that a faulting instruction raises (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS,
 * SIGABRT)
 */
export function signalNumber(signal: unknown): number {
  checkString(signal, 'signal');
  const number = Object.hasOwn(os.constants.signals, signal) ? os.constants.signals[signal as NodeJS.Signals] : 0;
  if (native.signal.canBeWatched(number) !== 1) throw invalidValue('signal', 'a signal that can be watched', signal);
  return number;
}

/** A signal that is watched: the source that a backend watches for it. */
export interface WatchedSignal {
  source: number;
}

const NOT_WATCHED = -1;

/** A signal that watchSignal() watches, so that its closer is there first and a stack overflow leaves nothing open. */
export function newSignal(): WatchedSignal {
  return { source: NOT_WATCHED };
}

/** Ends the watch. */
export function signalCloser(signal: WatchedSignal): Closer {
  return () => {
    if (signal.source >= 0) native.signal.unwatch(signal.source);
  };
}

/** @throws SystemError EMFILE, ENFILE, ENOMEM, ENOSPC */
export function watchSignal(signal: WatchedSignal, number: number): void {
  signal.source = native.signal.watch(number, WAY);
  // The number was checked, so that sigaction() has nothing to refuse: it is the fds that could not be had.
  const { source } = signal;
  if (source < 0) throw new SystemError(errorOf(source), WAY === Way.WITH_HOST ? 'uv_loop_init' : 'eventfd');
}
