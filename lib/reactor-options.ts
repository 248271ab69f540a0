// The options of the Reactor's methods, and their checks.
import { checkInteger, checkObject } from './arguments.js';
import type { BackendName } from './backend.js';
import { isBackendName } from './backends/index.js';
import { invalidValue } from './errors.js';
import type { Mode } from './interest.js';

const DEFAULT_MAX_EVENTS = 1024;
const MOST_EVENTS = 1 << 20;

/** Options of `new Reactor()`. */
export interface ReactorOptions {
  /** Which facility of the kernel to use; the platform's own by default. See `capabilities().backends`. */
  backend?: BackendName;
  /** How many events one turn handles at most, from 1 to 1,048,576; 1,024 by default. The rest comes in the next turn. */
  maxEvents?: number;
}

/** Options of `reactor.register()`. */
export interface RegisterOptions<T> {
  /** How to be told; 'level' by default. */
  mode?: Mode;
  /** The registration's `data`. */
  data?: T;
}

/** Options of `reactor.setTimer()`. */
export interface TimerOptions {
  /** Fires again this many milliseconds after each firing, until cancelled. From 0; fractions are fine. */
  repeatMs?: number;
}

export function checkReactorOptions(options: ReactorOptions): { backend: BackendName | undefined; maxEvents: number } {
  checkObject(options, 'options');
  const { backend, maxEvents = DEFAULT_MAX_EVENTS } = options;
  if (backend !== undefined && !isBackendName(backend)) {
    throw invalidValue('options.backend', "'epoll', 'kqueue' or 'iocp'", backend);
  }
  checkInteger(maxEvents, 'options.maxEvents', 1, MOST_EVENTS);
  return { backend, maxEvents };
}

/** The mode; 'level' by default. */
export function checkRegisterOptions(options: { mode?: Mode } | undefined): Mode {
  if (options === undefined) return 'level';
  checkObject(options, 'options');
  const { mode = 'level' } = options;
  if (mode !== 'level' && mode !== 'edge' && mode !== 'oneshot') {
    throw invalidValue('options.mode', "'level', 'edge' or 'oneshot'", mode);
  }
  return mode;
}
