// The options of the Reactor's methods, and their checks.
import { checkBoolean, checkFunction, checkInteger, checkObject } from '../base/arguments.js';
import { invalidValue } from '../base/errors.js';
import { BACKENDS, type BackendName, isBackendName } from './backends/index.js';
import type { ErrorHandler } from './dispatcher.js';
import type { Mode } from './interest.js';
import type { RegistrationErrorHandler } from './registration.js';

const DEFAULT_MAX_EVENTS = 1024;
const MAX_EVENTS = 1 << 20;

/** Options of `new Reactor()`. */
export interface ReactorOptions {
  /** Which facility of the kernel to use; the platform's own by default. See `capabilities().backends`. */
  backend?: BackendName;
  /** How many events a turn handles at most, from 1 to 1,048,576; 1,024 by default. The next turn takes the rest. */
  maxEvents?: number;
  /**
   * Called with what a handler throws, if its registration has no `onError` of its own; `registration` is null for the
   * handler of a timer, a signal or a waker, and for those of a connection that has no handler `error`. The turn then
   * goes on with the next event. Without it the exception leaves poll() or run(), or is an uncaught exception while
   * attached. So does what `onError` itself throws.
   */
  onError?: ErrorHandler;
}

/** Options of `reactor.register()`. */
export interface RegisterOptions<T> {
  /** How to be told; 'level' by default. */
  mode?: Mode;
  /** The registration's `data`. */
  data?: T;
  /**
   * Where several reactors watch one file (a listener that processes or threads share), an event wakes at least one of
   * them, not all (EPOLLEXCLUSIVE, epoll_ctl(2), Linux 4.5). Not with the mode 'oneshot', not with
   * `Interest.PRIORITY`, and a half-close is not reported. See `capabilities().exclusive`; false by default.
   */
  exclusive?: boolean;
  /** Called with what the handler throws, in place of the reactor's `onError`. */
  onError?: RegistrationErrorHandler<T>;
}

/** Options of `reactor.setTimer()`. */
export interface TimerOptions {
  /** Fires again this many milliseconds after each firing, until cancelled. From 0; fractions are fine. */
  repeatMs?: number;
}

/** The options with their defaults. */
export interface CheckedReactorOptions {
  backend: BackendName | undefined;
  maxEvents: number;
  onError: ErrorHandler | undefined;
}

export function checkReactorOptions(options: ReactorOptions): CheckedReactorOptions {
  checkObject(options, 'options');
  const { backend, maxEvents = DEFAULT_MAX_EVENTS, onError } = options;
  if (backend !== undefined && !isBackendName(backend)) {
    const names = BACKENDS.map(({ name }) => `'${name}'`).join(', ');
    throw invalidValue('options.backend', `one of ${names}`, backend);
  }
  checkInteger(maxEvents, 'options.maxEvents', 1, MAX_EVENTS);
  if (onError !== undefined) checkFunction(onError, 'options.onError');
  return { backend, maxEvents, onError };
}

/** The options of register() with their defaults. */
export interface CheckedRegisterOptions<T> {
  mode: Mode;
  exclusive: boolean;
  data: T;
  onError: RegistrationErrorHandler<T> | undefined;
}

export function checkRegisterOptions<T>(options: RegisterOptions<T> | undefined): CheckedRegisterOptions<T> {
  if (options === undefined) return { mode: 'level', exclusive: false, data: undefined as T, onError: undefined };
  checkObject(options, 'options');
  const { mode = 'level', exclusive = false, data, onError } = options;
  if (mode !== 'level' && mode !== 'edge' && mode !== 'oneshot') {
    throw invalidValue('options.mode', "'level', 'edge' or 'oneshot'", mode);
  }
  checkBoolean(exclusive, 'options.exclusive');
  if (onError !== undefined) checkFunction(onError, 'options.onError');
  return { mode, exclusive, data: data as T, onError };
}
