// The streams of each reactor: made when the first connection or listener of it is.
import { checkInteger, checkObject, NO_OPTIONS } from '../base/arguments.js';
import { invalidState, UnsupportedError } from '../base/errors.js';
import type { Backend } from '../reactor/backend.js';
import { addStreams, backendOf, type Reactor } from '../reactor/reactor.js';
import type { StreamEngine, StreamLimits, StreamMemory } from '../reactor/stream-turn.js';
import { Streams } from './streams.js';

const LARGEST = 2 ** 30;

/**
 * Options of `configureConnections()`: the memory of a turn, which all connections of a reactor share, and how much of
 * it one stream may take. What has no room in one turn comes first in the next.
 */
export interface ConnectionsOptions {
  /** How many bytes are received in one turn, 1 to 2^30; 262,144 by default. */
  slabBytes?: number;
  /** How many bytes wait for the end of the turn to be sent, 1 to 2^30; 262,144 by default. More are sent at once. */
  sendAreaBytes?: number;
  /** How many bytes of one connection are received in one turn, 1 to 2^30; 65,536 by default. */
  maxReceiveBytes?: number;
  /**
   * A turn that has less room left receives no more, 1 to `slabBytes`; 4,096 by default, or `slabBytes` if that is
   * less.
   */
  minReceiveBytes?: number;
  /** How many connections of one listener are accepted in one turn, 1 to 2^30; 64 by default. */
  acceptBatch?: number;
  /** How many sends, pauses, closes and the like are kept for the end of the turn, 2 to 2^24; 4,096 by default. */
  maxCommands?: number;
  /** How many things that happen are told in one turn, 1 to 2^24; 8,192 by default. */
  maxReports?: number;
}

function limitsOf(options: ConnectionsOptions): StreamLimits {
  checkObject(options, 'options');
  const size = (name: keyof ConnectionsOptions, standard: number, most = LARGEST, least = 1): number => {
    const value = options[name] ?? standard;
    checkInteger(value, `options.${name}`, least, most);
    return value;
  };
  const slabBytes = size('slabBytes', 256 * 1024);
  return {
    commands: size('maxCommands', 4096, 2 ** 24, 2),
    reports: size('maxReports', 8192, 2 ** 24),
    sendBytes: size('sendAreaBytes', 256 * 1024),
    slabBytes,
    mostReceived: size('maxReceiveBytes', 64 * 1024),
    leastRoom: size('minReceiveBytes', Math.min(4096, slabBytes), slabBytes),
    mostAccepted: size('acceptBatch', 64),
  };
}

const known = new WeakMap<Reactor, Streams>();
const configured = new WeakMap<Reactor, StreamLimits>();

/**
 * Sets the sizes of the memory that the connections of a reactor share. Call it before the first of them, or the first
 * listener, is made. The defaults take less than a megabyte.
 *
 * @throws TypeError or RangeError for a wrong argument; ERR_INVALID_STATE if the reactor has had connections, or is
 * closed
 */
export function configureConnections(reactor: Reactor, options: ConnectionsOptions): void {
  const limits = limitsOf(options);
  backendOf(reactor); // which checks that it is a Reactor
  if (reactor.closed) throw invalidState('the reactor is closed');
  if (known.has(reactor)) throw invalidState('the reactor has connections already');
  configured.set(reactor, limits);
}

/**
 * The streams of a reactor.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE if it is not a Reactor; ERR_INVALID_STATE if it is closed; UnsupportedError
 * for a backend without streams
 */
export function streamsOf(reactor: Reactor): Streams {
  const found = known.get(reactor);
  if (found !== undefined && !reactor.closed) return found;
  const limits = configured.get(reactor) ?? limitsOf(NO_OPTIONS);
  let made: Streams | undefined;
  addStreams(reactor, ({ backend, wake, wakeForCommands }) => {
    const { times } = backend;
    const setTimer = (delayMs: number, handler: () => void) => reactor.setTimer(delayMs, handler);
    made = new Streams((memory) => openStreams(backend, memory, limits), limits, {
      times,
      wake,
      wakeForCommands,
      setTimer,
    });
    return made;
  });
  known.set(reactor, made as Streams);
  return made as Streams;
}

function openStreams(backend: Backend, memory: StreamMemory, limits: StreamLimits): StreamEngine {
  if (backend.openStreams === undefined) throw new UnsupportedError('connections');
  return backend.openStreams(memory, limits);
}
