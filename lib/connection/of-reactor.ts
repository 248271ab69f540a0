// The streams of each reactor: made when the first connection or listener of it is.
import { UnsupportedError } from '../base/errors.js';
import type { Backend } from '../reactor/backend.js';
import { addStreams, type Reactor } from '../reactor/reactor.js';
import type { StreamEngine, StreamLimits, StreamMemory } from '../reactor/stream-turn.js';
import { Streams } from './streams.js';

const LIMITS: StreamLimits = {
  commands: 4096,
  reports: 8192,
  sendBytes: 256 * 1024,
  slabBytes: 256 * 1024,
  mostReceived: 64 * 1024,
  leastRoom: 4096,
  mostAccepted: 64,
};

const known = new WeakMap<Reactor, Streams>();

/**
 * The streams of a reactor.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE if it is not a Reactor; ERR_INVALID_STATE if it is closed; UnsupportedError
 * for a backend without streams
 */
export function streamsOf(reactor: Reactor): Streams {
  const found = known.get(reactor);
  if (found !== undefined && !reactor.closed) return found;
  let made: Streams | undefined;
  addStreams(reactor, (backend, wake) => {
    const { times } = backend;
    const setTimer = (delayMs: number, handler: () => void) => reactor.setTimer(delayMs, handler);
    made = new Streams((memory, limits) => openStreams(backend, memory, limits), LIMITS, { times, wake, setTimer });
    return made;
  });
  known.set(reactor, made as Streams);
  return made as Streams;
}

function openStreams(backend: Backend, memory: StreamMemory, limits: StreamLimits): StreamEngine {
  if (backend.openStreams === undefined) throw new UnsupportedError('connections');
  return backend.openStreams(memory, limits);
}
