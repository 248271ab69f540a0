// The Reactor's kqueue backend without a queue: what events mean, how those of one registration become one, and which
// changes bring a queue from one interest to another. With every system's numbers, on every platform: the sequences are
// those of a BSD kernel, which few of the machines that run this have.
import fc from 'fast-check';
import { Interest, type Mode, Ready } from 'fdreactor';
import { describe, expect, test } from 'vitest';
import { changesBetween, filtersOf, Merge, readyOf } from '../../lib/reactor/backends/kqueue-changes.js';
import { SYSTEMS } from './kqueue-constants.js';
import { QueueModel } from './kqueue-model.js';

const { READABLE, WRITABLE, PRIORITY, READ_CLOSED, WRITE_CLOSED, ERROR, HANGUP } = Ready;
const ECONNRESET = 54;
const SIGNIFICANT = READABLE | WRITABLE | PRIORITY | READ_CLOSED | WRITE_CLOSED | ERROR | HANGUP;

interface Entry {
  slot: number;
  generation: number;
  ready: number;
}

const entriesOf = (merge: Merge): Entry[] =>
  Array.from({ length: merge.count }, (_, i) => ({
    slot: merge.slot(i),
    generation: merge.generation(i),
    ready: merge.ready(i),
  }));

/** What one batch comes to. */
function merged(events: readonly Entry[], merge = new Merge()): Entry[] {
  merge.begin();
  for (const { slot, generation, ready } of events) merge.add(slot, generation, ready);
  return entriesOf(merge);
}

const withHangup = (ready: number): number =>
  (ready & READ_CLOSED) !== 0 && (ready & WRITE_CLOSED) !== 0 ? ready | HANGUP : ready;

describe.each(Object.entries(SYSTEMS))('with the numbers of %s', (_, k) => {
  const ofRead = (flags: number, fflags = 0): number => readyOf(k.EVFILT_READ, flags, fflags, k);
  const ofWrite = (flags: number, fflags = 0): number => readyOf(k.EVFILT_WRITE, flags, fflags, k);
  /** The Ready bits of one registration after a batch of (filter, flags, fflags). */
  const batch = (...events: [filter: number, flags: number, fflags?: number][]): number => {
    const parts = events.map(([filter, flags, fflags = 0]) => readyOf(filter, flags, fflags, k));
    const [entry, ...others] = merged(parts.map((ready) => ({ slot: 3, generation: 1, ready })));
    expect(others).toEqual([]);
    return (entry as Entry).ready;
  };

  test('data and room', () => {
    expect(ofRead(0)).toBe(READABLE);
    expect(ofWrite(0)).toBe(WRITABLE);
    expect(ofRead(k.EV_ADD | k.EV_CLEAR | k.EV_RECEIPT)).toBe(READABLE); // flags that only say how it was added
  });

  test('an end of the stream beside bytes that are still to be read is both', () => {
    expect(ofRead(k.EV_EOF)).toBe(READABLE | READ_CLOSED);
  });

  test('the write side of a pipe whose reader is gone', () => {
    expect(ofWrite(k.EV_EOF)).toBe(WRITABLE | WRITE_CLOSED);
  });

  test('half closed: the other direction goes on', () => {
    expect(batch([k.EVFILT_READ, k.EV_EOF], [k.EVFILT_WRITE, 0])).toBe(READABLE | READ_CLOSED | WRITABLE);
  });

  test('closed in both directions is a hang-up, and no error', () => {
    const all = batch([k.EVFILT_READ, k.EV_EOF], [k.EVFILT_WRITE, k.EV_EOF]);
    expect(all).toBe(READABLE | WRITABLE | READ_CLOSED | WRITE_CLOSED | HANGUP);
  });

  test('a reset has its errno in fflags, on either filter or on both', () => {
    const broken = ERROR | HANGUP | READ_CLOSED | WRITE_CLOSED;
    expect(batch([k.EVFILT_READ, k.EV_EOF, ECONNRESET]) & broken).toBe(broken);
    expect(batch([k.EVFILT_WRITE, k.EV_EOF, ECONNRESET]) & broken).toBe(broken);
    const both = batch([k.EVFILT_READ, k.EV_EOF, ECONNRESET], [k.EVFILT_WRITE, k.EV_EOF, ECONNRESET]);
    expect(both).toBe(broken | READABLE | WRITABLE);
  });

  test('NOTE_LOWAT itself beside EV_EOF, as libkqueue gives it back, is not an error', () => {
    expect(ofRead(k.EV_EOF, k.NOTE_LOWAT)).toBe(READABLE | READ_CLOSED);
  });

  test('fflags without EV_EOF are what was asked for (NOTE_LOWAT), not an error', () => {
    expect(ofRead(0, k.NOTE_LOWAT)).toBe(READABLE);
    expect(ofWrite(0, k.NOTE_LOWAT)).toBe(WRITABLE);
  });

  test('out-of-band data, where there is such a filter', () => {
    if (k.EVFILT_EXCEPT === undefined) return expect(k.NOTE_OOB).toBe(undefined);
    expect(readyOf(k.EVFILT_EXCEPT, 0, k.NOTE_OOB as number, k)).toBe(PRIORITY);
    expect(batch([k.EVFILT_READ, 0], [k.EVFILT_EXCEPT, 0, k.NOTE_OOB])).toBe(READABLE | PRIORITY);
  });

  test('any event of any filter gives bits of Ready and no others', () => {
    const filters = [k.EVFILT_READ, k.EVFILT_WRITE, k.EVFILT_EXCEPT].filter((filter) => filter !== undefined);
    fc.assert(
      fc.property(fc.constantFrom(...filters), fc.nat(0xffff), fc.nat(0xffff), (filter, flags, fflags) => {
        const ready = readyOf(filter, flags, fflags, k);
        expect(ready & ~SIGNIFICANT).toBe(0);
        expect(ready).not.toBe(0);
        if ((flags & k.EV_EOF) === 0) expect(ready & ~(READABLE | WRITABLE | PRIORITY)).toBe(0);
      }),
    );
  });

  const modes: Mode[] = ['level', 'edge', 'oneshot'];
  const interest = fc.nat(k.EVFILT_EXCEPT === undefined ? 3 : 7);

  /** What the queue must have for an interest. */
  function expectKnotes(model: QueueModel, wanted: number, mode: Mode): void {
    const { knotes } = model;
    const read = knotes.get(k.EVFILT_READ);
    // Level-triggered, a knote that stays tells what is ready in any case.
    const isLevel = mode === 'level';
    const again = isLevel ? { enabled: true } : { enabled: true, fresh: true };
    const flags = { level: 0, edge: k.EV_CLEAR, oneshot: k.EV_DISPATCH }[mode];
    if (wanted & Interest.READABLE) {
      expect(read).toMatchObject({ ...again, mode: flags, data: 0 });
      expect((read?.fflags as number) & (k.NOTE_LOWAT as number)).toBe(0);
    } else {
      // It is only there for the end of the stream: told once, and no data reaches its low-water mark.
      expect(read).toMatchObject({ enabled: true, fresh: true, mode: k.EV_CLEAR, fflags: k.NOTE_LOWAT });
      expect(read?.data).toBeGreaterThan(2 ** 30);
    }
    const others: [bit: number, filter: number | undefined][] = [
      [Interest.WRITABLE, k.EVFILT_WRITE],
      [Interest.PRIORITY, k.EVFILT_EXCEPT],
    ];
    for (const [bit, filter] of others) {
      if (filter === undefined) continue;
      if (wanted & bit) expect(knotes.get(filter)).toMatchObject({ ...again, mode: flags });
      else expect(knotes.has(filter)).toBe(false);
    }
  }

  test.each(modes)(
    'any changes of interest (%s) leave the queue with what was asked for last, to be told again',
    (mode) => {
      fc.assert(
        fc.property(fc.array(fc.record({ interest, waited: fc.boolean() }), { minLength: 1 }), (steps) => {
          const model = new QueueModel(k);
          let before = 0;
          for (const step of steps) {
            const after = filtersOf(step.interest);
            const failed = model.apply(changesBetween(before, after, mode, k));
            expect(failed.filter((change) => !change.mayFail)).toEqual([]);
            expectKnotes(model, step.interest, mode);
            if (step.waited) model.report();
            before = after;
          }
          const left = model.apply(changesBetween(before, 0, mode, k));
          expect(left.filter((change) => !change.mayFail)).toEqual([]);
          expect(model.knotes.size).toBe(0);
        }),
      );
    },
  );

  test('taking out never asks for more than is there, so that it cannot hit the knotes of a stranger', () => {
    fc.assert(
      fc.property(interest, fc.constantFrom(...modes), (wanted, mode) => {
        const model = new QueueModel(k);
        const has = filtersOf(wanted);
        model.apply(changesBetween(0, has, mode, k));
        const removals = changesBetween(has, 0, mode, k);
        expect(removals.every(({ flags }) => (flags & k.EV_DELETE) !== 0 && (flags & k.EV_ADD) === 0)).toBe(true);
        expect(model.apply(removals)).toEqual([]);
      }),
    );
  });

  test('a filter that a file does not have is a failure exactly where it was asked for', () => {
    for (const mode of modes) {
      for (let wanted = 0; wanted < (k.EVFILT_EXCEPT === undefined ? 4 : 8); wanted++) {
        const refusing = new QueueModel(k, [k.EVFILT_WRITE]);
        const failed = refusing.apply(changesBetween(0, filtersOf(wanted), mode, k));
        expect(failed.some((change) => !change.mayFail)).toBe((wanted & Interest.WRITABLE) !== 0);
        // The half that was made can be taken back.
        const left = refusing.apply(changesBetween(filtersOf(wanted), 0, mode, k));
        expect(left.filter((change) => !change.mayFail)).toEqual([]);
        expect(refusing.knotes.size).toBe(0);
      }
    }
  });
});

const anEntry = fc.record({
  slot: fc.nat(8),
  generation: fc.integer({ min: -2, max: 3 }),
  ready: fc.integer({ min: 1, max: 31 }),
});

describe('the events of one wait', () => {
  test('become one entry a registration: the OR of its bits, in the order of first appearance', () => {
    fc.assert(
      fc.property(fc.array(fc.array(anEntry, { maxLength: 40 }), { minLength: 1, maxLength: 5 }), (batches) => {
        const merge = new Merge();
        for (const events of batches) {
          const expected = new Map<string, Entry>();
          for (const event of events) {
            const key = `${event.slot}/${event.generation}`;
            const known = expected.get(key) ?? { ...event, ready: 0 };
            expected.set(key, { ...known, ready: known.ready | event.ready });
          }
          const wanted = [...expected.values()].map((entry) => ({ ...entry, ready: withHangup(entry.ready) }));
          // Entries of one slot and different generations need not be one each: the older one is dropped anyway.
          const found = merged(events, merge);
          for (const entry of wanted) {
            const parts = found.filter(
              ({ slot, generation }) => slot === entry.slot && generation === entry.generation,
            );
            const all = parts.reduce((bits, { ready }) => bits | ready, 0);
            expect(withHangup(all)).toBe(entry.ready);
          }
          expect(found.every(({ slot, generation }) => expected.has(`${slot}/${generation}`))).toBe(true);
          const order = [...new Set(found.map(({ slot, generation }) => `${slot}/${generation}`))];
          expect(order).toEqual([...expected.keys()]);
        }
      }),
    );
  });

  test('of registrations that live: exactly one entry each', () => {
    const events = fc.array(fc.record({ slot: fc.nat(8), ready: fc.integer({ min: 1, max: 31 }) }));
    fc.assert(
      fc.property(events, (list) => {
        const found = merged(list.map(({ slot, ready }) => ({ slot, generation: slot * 7, ready })));
        expect(found.map(({ slot }) => slot)).toEqual([...new Set(list.map(({ slot }) => slot))]);
      }),
    );
  });

  test('of an earlier owner of the slot stay apart: a stale generation adds nothing to a fresh one', () => {
    const stale = { slot: 5, generation: 1, ready: READABLE | READ_CLOSED };
    const fresh = { slot: 5, generation: 2, ready: WRITABLE };
    expect(merged([stale, fresh])).toEqual([stale, fresh]);
    expect(merged([fresh, stale])).toEqual([fresh, stale]);
  });

  test('of the last wait are forgotten, also those of the same registration', () => {
    const merge = new Merge();
    merged([{ slot: 1, generation: 1, ready: READABLE }], merge);
    merge.begin();
    expect(merge.count).toBe(0);
    expect(merged([{ slot: 1, generation: 1, ready: WRITABLE }], merge)).toEqual([
      { slot: 1, generation: 1, ready: WRITABLE },
    ]);
  });

  test('may be many, of slots far apart, with generations of either sign', () => {
    const events = Array.from({ length: 5000 }, (_, i) => ({
      slot: (i * 37) % 60_000,
      generation: i % 2 === 0 ? i : -i,
      ready: READABLE,
    }));
    expect(merged([...events, ...events.map((event) => ({ ...event, ready: WRITABLE }))])).toEqual(
      events.map((event) => ({ ...event, ready: READABLE | WRITABLE })),
    );
  });
});
