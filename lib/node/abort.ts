// AbortSignals: one listener a signal, however many files wait for it. A server may send all its files under one, and
// Node warns of a signal with more than ten listeners.
import { aborted, invalidType } from '../base/errors.js';

/** @throws TypeError ERR_INVALID_ARG_TYPE */
export function checkSignal(signal: unknown): void {
  const { aborted: state, addEventListener } = (signal ?? {}) as Partial<AbortSignal>;
  if (typeof state === 'boolean' && typeof addEventListener === 'function') return;
  throw invalidType('options.signal', 'an AbortSignal', signal);
}

const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `stop` when the signal is aborted, until the function that this returns is called. */
export function onAbort(signal: AbortSignal | undefined, stop: () => void): () => void {
  if (signal === undefined) return () => {};
  let stops = waiting.get(signal);
  if (stops === undefined) {
    stops = new Set();
    waiting.set(signal, stops);
    signal.addEventListener('abort', () => stopAll(signal), { once: true });
  }
  stops.add(stop);
  return () => {
    stops.delete(stop);
  };
}

function stopAll(signal: AbortSignal): void {
  const stops = waiting.get(signal) ?? [];
  waiting.delete(signal);
  for (const stop of [...stops]) stop();
}

/** AbortError if the signal is aborted, else the error itself: one that ended many at a time was the signal's. */
export function errorUnder(signal: AbortSignal | undefined, error: Error): Error {
  return signal?.aborted === true ? aborted(signal.reason) : error;
}
