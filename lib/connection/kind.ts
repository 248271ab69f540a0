// What all connections of a kind share: their handlers and their limits, checked once.
import { checkDelay, checkFunction, checkInteger, checkObject, NO_OPTIONS } from '../base/arguments.js';
import type { Reactor } from '../reactor/reactor.js';
import { type ConnectionHandlers, INSIDE, type Inside } from './handlers.js';
import { streamsOf } from './of-reactor.js';
import type { Streams } from './streams.js';

const HANDLERS = [
  'open',
  'data',
  'drain',
  'end',
  'close',
  'error',
  'timeout',
] as const satisfies (keyof ConnectionHandlers)[];

/** Options of a connection. */
export interface ConnectionOptions {
  /** `write()` returns false while more bytes than that are queued, from 0; 65,536 by default. */
  highWaterMark?: number;
  /**
   * The connection ends with ERR_QUEUE_FULL when a write would queue more bytes than that, from 1; 16 MiB (16,777,216)
   * by default. Ranges of files do not count.
   */
  maxQueued?: number;
  /**
   * The connection times out when no byte has come or gone for so many milliseconds; see `ConnectionHandlers.timeout`.
   * 0, the default: it does not. Never early, and at most some ticks of 16 ms late. A connection that is being made
   * times out as well.
   */
  idleTimeoutMs?: number;
}

/** The options of all connections of a kind. */
export interface ConnectionKind<T> {
  readonly streams: Streams;
  readonly handlers: ConnectionHandlers<T>;
  /** null but for the connections of fdreactor/async. */
  readonly inside: Inside<T> | null;
  readonly highWaterMark: number;
  readonly maxQueued: number;
  /** 0: none. */
  readonly idleTimeoutMs: number;
  /** Whether they stay when both directions have ended, until close(): as a socket of node:net, which is destroyed. */
  readonly staysOpen: boolean;
  /** How many of them are open. */
  open: number;
  /** Called when the last of them has closed. */
  onEmpty: (() => void) | null;
}

/** What a layer above asks of its connections, beside the options of users. */
export interface InternalOptions extends ConnectionOptions {
  /** See ConnectionKind. */
  staysOpen?: boolean;
}

/** @throws as streamsOf(); TypeError or RangeError for wrong handlers or a wrong option */
export function kindOf<T>(
  reactor: Reactor,
  handlers: ConnectionHandlers<T>,
  options: InternalOptions = NO_OPTIONS,
): ConnectionKind<T> {
  checkObject(handlers, 'handlers');
  for (const name of HANDLERS) {
    if (handlers[name] !== undefined) checkFunction(handlers[name], `handlers.${name}`);
  }
  checkObject(options, 'options');
  const { highWaterMark = 64 * 1024, maxQueued = 16 * 1024 * 1024, idleTimeoutMs = 0, staysOpen = false } = options;
  checkInteger(highWaterMark, 'options.highWaterMark', 0, Number.MAX_SAFE_INTEGER);
  checkInteger(maxQueued, 'options.maxQueued', 1, Number.MAX_SAFE_INTEGER);
  checkDelay(idleTimeoutMs, 'options.idleTimeoutMs');
  const streams = streamsOf(reactor);
  const inside = handlers[INSIDE] ?? null;
  return { streams, handlers, inside, highWaterMark, maxQueued, idleTimeoutMs, staysOpen, open: 0, onEmpty: null };
}
