// AbortSignals: one listener a signal, however many wait for it. A server may send all its files under one, and
// Node warns of a signal with more than ten listeners.
import { aborted, invalidType } from './errors.js';

/** Those that wait for one signal. */
interface Waiting {
  readonly stops: Set<() => void>;
  readonly listener: () => void;
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/** @throws TypeError ERR_INVALID_ARG_TYPE for what is neither undefined nor an AbortSignal */
export function checkSignal(signal: unknown): void {
  if (signal === undefined) return;
  const { aborted: state, addEventListener } = (signal ?? {}) as Partial<AbortSignal>;
  if (typeof state === 'boolean' && typeof addEventListener === 'function') return;
  throw invalidType('options.signal', 'an AbortSignal', signal);
}

/** Calls `stop` when the signal is aborted, until the function that this returns is called. */
export function onAbort(signal: AbortSignal | undefined, stop: () => void): () => void {
  if (signal === undefined) return () => {};
  const { stops } = waiting.get(signal) ?? listen(signal);
  stops.add(stop);
  return () => {
    if (stops.delete(stop) && stops.size === 0) unlisten(signal);
  };
}

function listen(signal: AbortSignal): Waiting {
  const made = { stops: new Set<() => void>(), listener: () => stopAll(signal) };
  waiting.set(signal, made);
  signal.addEventListener('abort', made.listener, { once: true });
  return made;
}

/** A listener keeps a signal of AbortSignal.any() or timeout() in memory: of any() as long as those it is made of. */
function unlisten(signal: AbortSignal): void {
  const known = waiting.get(signal);
  if (known === undefined || known.stops.size > 0) return;
  waiting.delete(signal);
  signal.removeEventListener('abort', known.listener);
}

function stopAll(signal: AbortSignal): void {
  const { stops } = waiting.get(signal) ?? {};
  waiting.delete(signal);
  for (const stop of [...(stops ?? [])]) stop();
}

/** AbortError if the signal is aborted, else the error itself: one that ended many at a time was the signal's. */
export function errorUnder(signal: AbortSignal | undefined, error: Error): Error {
  return signal?.aborted === true ? aborted(signal.reason) : error;
}
