// Timers against a model: after any sequence of setting and cancelling, those that are left fire exactly once, in the
// order of their deadlines, never early. The deadline of each is known to lie between two readings of the clock.
import fc from 'fast-check';
import type { Reactor, Timer } from 'fdreactor';
import { expect } from 'vitest';
import { contractTest } from '../helpers/contract.js';
import { turnUntil } from '../helpers/wait.js';

interface Entry {
  timer: Timer;
  setAt: number;
  earliest: number;
  latest: number;
  cancelled: boolean;
  firedAt: number;
}

/**
 * What a step does: sets a timer after so many hundredths of a millisecond, or cancels the n-th; maybe when one fires.
 */
const step = fc.record({
  kind: fc.constantFrom('set', 'set', 'set', 'cancel'),
  number: fc.nat(600),
  later: fc.boolean(),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function play(reactor: Reactor, steps: readonly Step[]): { entries: Entry[]; fired: Entry[] } {
  const entries: Entry[] = [];
  const fired: Entry[] = [];
  const queue = steps.filter(({ later }) => later);

  const act = ({ kind, number }: Step): void => {
    if (kind === 'cancel') {
      const entry = entries[number % Math.max(1, entries.length)];
      if (entry === undefined) return;
      entry.cancelled ||= entry.firedAt === 0;
      entry.timer.cancel();
      return;
    }
    const delayMs = number / 100;
    const setAt = performance.now();
    const entry = { setAt, earliest: setAt + delayMs, cancelled: false, firedAt: 0 } as Entry;
    entry.timer = reactor.setTimer(delayMs, () => {
      entry.firedAt = performance.now();
      fired.push(entry);
      const next = queue.shift();
      if (next !== undefined) act(next);
    });
    entry.latest = performance.now() + delayMs;
    entries.push(entry);
  };

  for (const now of steps.filter(({ later }) => !later)) act(now);
  turnUntil(reactor, () => reactor.metrics().timers === 0);
  return { entries, fired };
}

contractTest(
  'any sequence of setting and cancelling',
  ({ reactor }) => {
    const property = fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const { entries, fired } = play(reactor, steps);
      expect(fired).toHaveLength(entries.filter(({ cancelled }) => !cancelled).length);
      expect(new Set(fired).size).toBe(fired.length);
      for (const { cancelled, firedAt, earliest } of fired) {
        expect(cancelled).toBe(false);
        expect(firedAt).toBeGreaterThanOrEqual(earliest);
      }
      // No timer fires after one whose deadline is certainly later, unless it was only set when that one fired.
      for (let i = 1; i < fired.length; i++) {
        const [before, after] = fired.slice(i - 1, i + 1) as [Entry, Entry];
        if (after.setAt < before.firedAt) expect(before.earliest).toBeLessThanOrEqual(after.latest);
      }
    });
    fc.assert(property, { numRuns: 150 });
  },
  { timeoutMs: 40_000 },
);
