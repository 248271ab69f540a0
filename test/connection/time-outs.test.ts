// The wheel of time-outs without a clock: against a model that keeps a list.
import '../helpers/lib-sources.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TimeOut, TimeOuts } from '../../lib/connection/time-outs.js';

const TICK_MS = 16;
const SLOTS = 5;

interface Modelled {
  idleMs: number;
  activeMs: number;
  deadlineMs: number;
}

type Step =
  | { do: 'idle'; slot: number; ms: number }
  | { do: 'deadline'; slot: number; ms: number | null }
  | { do: 'touch'; slot: number }
  | { do: 'forget'; slot: number }
  | { do: 'pass'; ms: number };

const slot = fc.nat(SLOTS - 1);
const ms = fc.oneof(fc.nat(100), fc.nat(20_000), fc.nat(200_000));
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('idle' as const), slot, ms }),
    fc.record({ do: fc.constant('deadline' as const), slot, ms: fc.option(ms) }),
    fc.record({ do: fc.constant('touch' as const), slot }),
    fc.record({ do: fc.constant('forget' as const), slot }),
    fc.record({ do: fc.constant('pass' as const), ms }),
  ),
  { maxLength: 60 },
);

/** Lets time pass as a reactor does: from one delay that the wheel asks for to the next. Checks each time-out. */
function pass(wheel: TimeOuts, model: Modelled[], fromMs: number, toMs: number): void {
  for (let nowMs = fromMs; ; ) {
    const delayMs = wheel.nextDelayMs(nowMs);
    if (delayMs < 0 || nowMs + delayMs > toMs) break;
    nowMs += delayMs;
    wheel.begin(nowMs);
    wheel.advance(nowMs, (at, timeOut) => {
      const entry = model[at] as Modelled;
      const dueMs = timeOut === TimeOut.IDLE ? entry.activeMs + entry.idleMs : entry.deadlineMs;
      expect(nowMs).toBeGreaterThanOrEqual(dueMs);
      expect(nowMs - dueMs).toBeLessThan(4 * TICK_MS);
      if (timeOut === TimeOut.IDLE) entry.activeMs = nowMs;
      else entry.deadlineMs = Number.POSITIVE_INFINITY;
    });
    if (delayMs === 0) nowMs += 1; // a bucket that had nothing to do
  }
  wheel.begin(toMs);
  for (const { idleMs, activeMs, deadlineMs } of model) {
    if (idleMs > 0) expect(toMs).toBeLessThan(activeMs + idleMs + 4 * TICK_MS);
    expect(toMs).toBeLessThan(deadlineMs + 4 * TICK_MS);
  }
}

function play(wheel: TimeOuts, model: Modelled[], startMs: number, plan: readonly Step[]): void {
  let nowMs = startMs;
  for (const step of plan) {
    if (step.do === 'pass') {
      pass(wheel, model, nowMs, nowMs + step.ms);
      nowMs += step.ms;
      continue;
    }
    const entry = model[step.slot] as Modelled;
    if (step.do === 'idle') {
      wheel.setIdle(step.slot, step.ms, nowMs);
      Object.assign(entry, { idleMs: step.ms, activeMs: nowMs });
    } else if (step.do === 'deadline') {
      wheel.setDeadline(step.slot, step.ms, nowMs);
      entry.deadlineMs = step.ms === null ? Number.POSITIVE_INFINITY : nowMs + step.ms;
    } else if (step.do === 'touch') {
      wheel.touch(step.slot);
      entry.activeMs = nowMs;
    } else {
      wheel.forget(step.slot);
      Object.assign(entry, { idleMs: 0, deadlineMs: Number.POSITIVE_INFINITY });
    }
  }
}

function newModel(): Modelled[] {
  return Array.from({ length: SLOTS }, () => ({
    idleMs: 0,
    activeMs: 0,
    deadlineMs: Number.POSITIVE_INFINITY,
  }));
}

test.each([
  ['near the start', 1000],
  ['where the ticks wrap around', 2 ** 31 * TICK_MS - 30_000],
])('no time-out is early, and none is late: %s', (_, startMs) => {
  fc.assert(
    fc.property(steps, (plan) => play(new TimeOuts(startMs), newModel(), startMs, plan)),
    { numRuns: 300 },
  );
});

test('an empty wheel asks for no timer', () => {
  const wheel = new TimeOuts(0);
  expect(wheel.nextDelayMs(0)).toBe(-1);
  wheel.setIdle(3, 1000, 0);
  wheel.setDeadline(3, 10, 0);
  expect(wheel.size).toBe(1);
  wheel.forget(3);
  expect(wheel.size).toBe(0);
  expect(wheel.nextDelayMs(0)).toBe(-1);
});

test('activity moves nothing: the wheel looks at a busy slot once a time-out', () => {
  const wheel = new TimeOuts(0);
  wheel.setIdle(0, 1000, 0);
  let looks = 0;
  let fired = 0;
  for (let nowMs = 0; nowMs < 10_000; nowMs++) {
    wheel.begin(nowMs);
    wheel.touch(0);
    if (wheel.nextDelayMs(nowMs) > 0) continue;
    looks++;
    wheel.advance(nowMs, () => fired++);
  }
  expect(fired).toBe(0);
  expect(looks).toBeLessThan(12);
});

test('an idle time-out is owed until it is told, or a byte comes; the next one counts from then', () => {
  const wheel = new TimeOuts(0);
  const expired: number[] = [];
  const pass = (nowMs: number) => {
    wheel.begin(nowMs);
    wheel.advance(nowMs, (slot) => expired.push(slot));
  };
  wheel.setIdle(0, 100, 0);
  wheel.setIdle(1, 100, 0);
  pass(150);
  expect(expired).toEqual([1, 0]);
  wheel.begin(180);
  wheel.touch(1);
  expect([wheel.owes(0, TimeOut.IDLE), wheel.owes(1, TimeOut.IDLE)]).toEqual([true, false]);
  wheel.take(0, TimeOut.IDLE, 200);
  expect(wheel.owes(0, TimeOut.IDLE)).toBe(false);
  pass(279);
  expect(expired).toEqual([1, 0]);
  pass(310);
  expect(expired).toEqual([1, 0, 1]);
  pass(340);
  expect(expired).toEqual([1, 0, 1, 0]);
});
