// timerfd_create(2) through fdreactor/linux.
import { execFileSync, spawnSync } from 'node:child_process';
import { Interest, Ready, WOULD_BLOCK } from 'fdreactor';
import { constants, timerfd_create, timerfd_gettime, timerfd_read, timerfd_settime } from 'fdreactor/linux';
import { describe, expect, test } from 'vitest';
import { compileC } from '../../helpers/compile-c.js';
import { testUnless } from '../../helpers/needs.js';
import { ownFile } from '../../helpers/owned.js';
import { pipePair } from '../../helpers/pairs.js';
import {
  caught,
  expectArgumentType,
  expectBadArgument,
  expectOutOfRange,
  expectSystemError,
} from '../../helpers/throws.js';
import { badFds } from '../../helpers/values.js';
import { awaitReady } from '../../helpers/wait.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;
const { CLOCK_MONOTONIC, CLOCK_REALTIME, TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET } = constants;
const HOUR_MS = 3_600_000;
const NONE = { valueMs: 0, intervalMs: 0 };

const timer = (clock = CLOCK_MONOTONIC): number => ownFile(timerfd_create(clock));
/** CLOCK_MONOTONIC, exactly. */
const nowNs = (): bigint => process.hrtime.bigint();

test('a new timer is not armed', () => {
  const fd = timer();
  expect(timerfd_gettime(fd)).toEqual(NONE);
  expect(timerfd_read(fd)).toBe(WOULD_BLOCK);
  expect(timerfd_settime(fd, 0, 0)).toEqual(NONE);
});

test.each([0.0001, 0.3, 1, 2.75])('a reactor wakes after %d ms and never before', (valueMs) => {
  const fd = timer();
  const start = nowNs();
  timerfd_settime(fd, 0, valueMs);
  expect(awaitReady(fd, Interest.READABLE)).toBe(Ready.READABLE);
  expect(Number(nowNs() - start)).toBeGreaterThanOrEqual(valueMs * 1e6);
  expect(timerfd_read(fd)).toBe(1);
  expect(timerfd_read(fd)).toBe(WOULD_BLOCK);
  expect(timerfd_gettime(fd)).toEqual(NONE);
});

test('with an interval it counts its expirations', () => {
  const fd = timer();
  timerfd_settime(fd, 0, 0.5, 0.25);
  let count = 0;
  while (count < 5) {
    awaitReady(fd, Interest.READABLE);
    count += timerfd_read(fd);
  }
  expect(timerfd_gettime(fd).intervalMs).toBe(0.25);
  expect(timerfd_settime(fd, 0, 0).intervalMs).toBe(0.25);
  expect(timerfd_read(fd)).toBe(WOULD_BLOCK);
});

test('settime returns what was left, gettime what is left', () => {
  const fd = timer();
  timerfd_settime(fd, 0, HOUR_MS, 1500.5);
  const left = timerfd_gettime(fd);
  expect(left.valueMs).toBeGreaterThan(HOUR_MS / 2);
  expect(left.valueMs).toBeLessThanOrEqual(HOUR_MS);
  expect(left.intervalMs).toBe(1500.5);
  const previous = timerfd_settime(fd, 0, 1);
  expect(previous.valueMs).toBeGreaterThan(HOUR_MS / 2);
  expect(previous.valueMs).toBeLessThanOrEqual(left.valueMs);
  expect(previous.intervalMs).toBe(1500.5);
});

test('times are rounded up to a nanosecond, and nothing above 0 becomes 0', () => {
  const fd = timer();
  const rounded: [number, number][] = [
    [1e-9, 1e-6],
    [Number.MIN_VALUE, 1e-6],
    [0.0000015, 0.000002],
    [0.9999995, 1],
    [999.9999999, 1000],
    [1.5, 1.5],
    [86_400_000.25, 86_400_000.25],
  ];
  for (const [asked, kept] of rounded) {
    timerfd_settime(fd, 0, HOUR_MS, asked);
    expect(timerfd_gettime(fd).intervalMs, String(asked)).toBe(kept);
  }
  timerfd_settime(fd, 0, Number.MIN_VALUE);
  expect(awaitReady(fd, Interest.READABLE)).toBe(Ready.READABLE);
  timerfd_settime(fd, 0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  expect(timerfd_gettime(fd).valueMs).toBeGreaterThan(HOUR_MS);
});

test('an absolute time is one of Date.now()', () => {
  const fd = timer(CLOCK_REALTIME);
  const at = Date.now() + 3;
  timerfd_settime(fd, TFD_TIMER_ABSTIME, at);
  awaitReady(fd, Interest.READABLE);
  expect(Date.now()).toBeGreaterThanOrEqual(at);
  timerfd_settime(fd, TFD_TIMER_ABSTIME, Date.now() + HOUR_MS);
  const left = timerfd_gettime(fd).valueMs;
  expect(left).toBeGreaterThan(HOUR_MS / 2);
  expect(left).toBeLessThanOrEqual(HOUR_MS + 1);
  timerfd_settime(fd, TFD_TIMER_ABSTIME, 1); // long gone
  expect(awaitReady(fd, Interest.READABLE)).toBe(Ready.READABLE);
});

test.each(['CLOCK_REALTIME', 'CLOCK_MONOTONIC', 'CLOCK_BOOTTIME'] as const)('%s', (name) => {
  const fd = timer(constants[name]);
  timerfd_settime(fd, 0, 0.5);
  awaitReady(fd, Interest.READABLE);
  expect(timerfd_read(fd)).toBe(1);
});

test.each(['CLOCK_REALTIME_ALARM', 'CLOCK_BOOTTIME_ALARM'] as const)('%s, or EPERM without the right to', (name) => {
  let fd: number;
  try {
    fd = ownFile(timerfd_create(constants[name]));
  } catch (error) {
    expect(error).toMatchObject({ code: 'EPERM', syscall: 'timerfd_create' });
    return;
  }
  expect(timerfd_gettime(fd)).toEqual(NONE);
});

describe('TFD_TIMER_CANCEL_ON_SET', () => {
  // To the time that it is, so that nothing but such timers notices.
  const setClock = compileC(`
#include <time.h>
int main(void) {
  struct timespec now;
  return clock_gettime(CLOCK_REALTIME, &now) != 0 || clock_settime(CLOCK_REALTIME, &now) != 0;
}`);
  const allowed = spawnSync(setClock).status === 0;
  const flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;

  test('is accepted, and without such a change the timer is like any other', () => {
    const fd = timer(CLOCK_REALTIME);
    timerfd_settime(fd, flags, Date.now() + HOUR_MS);
    expect([WOULD_BLOCK, 'ECANCELED']).toContain(outcomeOf(fd)); // another run of the tests may set the clock
  });

  const reason = allowed ? undefined : 'clock_settime(2) is not allowed here';
  testUnless(reason, 'a clock that was set wakes the reactor, and the read is ECANCELED, once', () => {
    const fd = timer(CLOCK_REALTIME);
    timerfd_settime(fd, flags, Date.now() + HOUR_MS);
    execFileSync(setClock);
    expect(awaitReady(fd, Interest.READABLE)).toBe(Ready.READABLE);
    expectSystemError(() => timerfd_read(fd), 'ECANCELED', { syscall: 'read', fd });
    // Not again, unless another run of the tests has just set the clock.
    expect([outcomeOf(fd), outcomeOf(fd), outcomeOf(fd)]).toContain(WOULD_BLOCK);
    expect(timerfd_gettime(fd).valueMs).toBeGreaterThan(HOUR_MS / 2);
  });

  testUnless(reason, 'settime says ECANCELED as well, and has armed the timer', () => {
    const fd = timer(CLOCK_REALTIME);
    timerfd_settime(fd, flags, Date.now() + HOUR_MS);
    execFileSync(setClock);
    expectSystemError(() => timerfd_settime(fd, flags, Date.now() + 2 * HOUR_MS), 'ECANCELED', {
      syscall: 'timerfd_settime',
    });
    expect(timerfd_gettime(fd).valueMs).toBeGreaterThan(HOUR_MS);
  });
});

function outcomeOf(fd: number): unknown {
  try {
    return timerfd_read(fd);
  } catch (error) {
    return (error as { code: string }).code;
  }
}

test('errors name the call', () => {
  const [readEnd] = pipePair();
  expectSystemError(() => timerfd_create(99), 'EINVAL', { syscall: 'timerfd_create' });
  expectSystemError(() => timerfd_create(CLOCK_MONOTONIC, 1), 'EINVAL');
  expectSystemError(() => timerfd_settime(timer(), 1 << 20, 1), 'EINVAL', { syscall: 'timerfd_settime' });
  expectSystemError(() => timerfd_settime(readEnd, 0, 1), 'EINVAL', { fd: readEnd });
  expectSystemError(() => timerfd_gettime(readEnd), 'EINVAL', { syscall: 'timerfd_gettime', fd: readEnd });
  expectSystemError(() => timerfd_gettime(2 ** 31 - 1), 'EBADF');
  expectSystemError(() => timerfd_read(2 ** 31 - 1), 'EBADF', { syscall: 'read' });
});

test('wrong arguments are refused by name', () => {
  const fd = timer();
  for (const { value } of badFds) {
    expectBadArgument(() => timerfd_create(value, value));
    expectBadArgument(() => timerfd_settime(value, 0, 1));
    expectBadArgument(() => timerfd_gettime(value));
    expectBadArgument(() => timerfd_read(value));
  }
  for (const ms of [-1, -1e-9, 2 ** 53, Number.POSITIVE_INFINITY, Number.NaN]) {
    expectOutOfRange(() => timerfd_settime(fd, 0, ms));
    expectOutOfRange(() => timerfd_settime(fd, 0, 1, ms));
  }
  for (const ms of ['1', null, {}, 1n, true] as Any[]) {
    expectArgumentType(() => timerfd_settime(fd, 0, ms));
    expectArgumentType(() => timerfd_settime(fd, 0, 1, ms));
  }
  expectArgumentType(() => timerfd_settime(fd, 0, undefined as Any));
  expectBadArgument(() => timerfd_settime(fd, undefined as Any, 1));
  expect(caught(() => timerfd_settime(fd, 0, 1, -1)).message).toMatch(/^intervalMs must be/);
  expect(timerfd_gettime(fd)).toEqual(NONE);
});
