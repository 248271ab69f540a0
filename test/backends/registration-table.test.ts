// The reactor's table of registrations without a reactor: against a model of maps, over many pages, with fds as they
// come in practice: small and dense, few and large, used again.
import '../helpers/lib-sources.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Registration, State } from '../../lib/reactor/registration.js';
import { RegistrationTable } from '../../lib/reactor/registration-table.js';

type Entry = Registration<unknown>;

/** What the table needs of one. */
const entry = (slot: number, generation: number, fd: number): Entry =>
  ({ slot, generation, fd, internal: false, setState: () => {} }) as unknown as Entry;

function add(table: RegistrationTable, fd: number): { added: Entry; before: Entry | null; generation: number } {
  const slot = table.prepare(fd);
  const { nextGeneration: generation } = table;
  const added = entry(slot, generation, fd);
  const before = table.byFd(fd);
  table.add(added);
  return { added, before, generation };
}

const fds = fc.oneof(
  fc.nat(40),
  fc.constantFrom(1023, 1024, 2 ** 20, 2 ** 24 - 1, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 52),
);
const command = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), fd: fds }),
  fc.record({ kind: fc.constant('remove' as const), nth: fc.nat() }),
  fc.record({ kind: fc.constant('prepare' as const), fd: fds }),
);

test('finds exactly the registrations that were added and not removed', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 200 }), (commands) => {
      const table = new RegistrationTable();
      const live = new Map<Entry, number>();
      const gone: { slot: number; generation: number }[] = [];
      const holder = new Map<number, Entry>();
      for (const step of commands) {
        if (step.kind === 'prepare') table.prepare(step.fd);
        else if (step.kind === 'add') {
          const { added, before, generation } = add(table, step.fd);
          expect(before).toBe(holder.get(step.fd) ?? null);
          holder.set(step.fd, added);
          live.set(added, generation);
        } else if (live.size > 0) {
          const [removed, generation] = [...live][step.nth % live.size] as [Entry, number];
          table.remove(removed, State.DEREGISTERED);
          live.delete(removed);
          gone.push({ slot: removed.slot, generation });
          if (holder.get(removed.fd) === removed) holder.delete(removed.fd);
        }
        expect(table.size).toBe(live.size);
        for (const [one, generation] of live) expect(table.at(one.slot, generation)).toBe(one);
        for (const { slot, generation } of gone) expect(table.at(slot, generation)).toBeNull();
      }
      expect(new Set(table)).toEqual(new Set(live.keys()));
    }),
  );
});

test('grows over many pages, and uses all slots again before it grows further', () => {
  const table = new RegistrationTable();
  const first = Array.from({ length: 50_000 }, (_, fd) => add(table, fd));
  expect(new Set(first.map(({ added }) => added.slot)).size).toBe(50_000);
  for (const { added, generation } of first) expect(table.at(added.slot, generation)).toBe(added);
  const most = Math.max(...first.map(({ added }) => added.slot));
  for (const one of table) table.remove(one, State.DEREGISTERED);
  expect(table.size).toBe(0);
  const second = Array.from({ length: 50_000 }, (_, fd) => add(table, 2 ** 24 + fd));
  expect(Math.max(...second.map(({ added }) => added.slot))).toBeLessThan(most + 1024);
  for (const { added, generation } of first) expect(table.at(added.slot, generation)).toBeNull();
});
