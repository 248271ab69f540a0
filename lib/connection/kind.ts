// What all connections of a kind share: their handlers and their limits, checked once.
import { checkDelay, checkFunction, checkInteger, checkObject, NO_OPTIONS } from '../base/arguments.js';
import type { ConnectionHandlers } from './handlers.js';
import type { Streams } from './streams.js';

const HANDLERS = ['open', 'data', 'drain', 'end', 'close', 'error', 'timeout'] as const;

/** Options of a connection. */
export interface ConnectionOptions {
  /** `write()` returns false once so many bytes are queued; 64 KiB by default. */
  highWaterMark?: number;
  /** The connection ends with ERR_QUEUE_FULL if more bytes than that are queued; 16 MiB by default. */
  maxQueued?: number;
  /**
   * The connection times out when no byte has come or gone for so long; see `ConnectionHandlers.timeout`. None by
   * default. A connection that is being made times out as well.
   */
  idleTimeoutMs?: number;
}

/** The options of all connections of a kind. */
export interface ConnectionKind<T> {
  readonly streams: Streams;
  readonly handlers: ConnectionHandlers<T>;
  readonly highWaterMark: number;
  readonly maxQueued: number;
  /** 0: none. */
  readonly idleTimeoutMs: number;
  /** How many of them are open. */
  open: number;
  /** Called when the last of them has closed. */
  onEmpty: (() => void) | null;
}

/** What was checked of a kind, before there are streams for it. */
export type CheckedKind<T> = Omit<ConnectionKind<T>, 'streams'>;

export function checkKind<T>(handlers: ConnectionHandlers<T>, options: ConnectionOptions = NO_OPTIONS): CheckedKind<T> {
  checkObject(handlers, 'handlers');
  for (const name of HANDLERS) {
    if (handlers[name] !== undefined) checkFunction(handlers[name], `handlers.${name}`);
  }
  checkObject(options, 'options');
  const { highWaterMark = 64 * 1024, maxQueued = 16 * 1024 * 1024, idleTimeoutMs = 0 } = options;
  checkInteger(highWaterMark, 'options.highWaterMark', 0, Number.MAX_SAFE_INTEGER);
  checkInteger(maxQueued, 'options.maxQueued', 1, Number.MAX_SAFE_INTEGER);
  checkDelay(idleTimeoutMs, 'options.idleTimeoutMs');
  return { handlers, highWaterMark, maxQueued, idleTimeoutMs, open: 0, onEmpty: null };
}
