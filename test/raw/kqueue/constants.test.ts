// Every constant has the value of this system's <sys/event.h>, and is undefined where that has no such name: a small C
// program prints them, and the two lists are compared.
import { execFileSync } from 'node:child_process';
import * as kqueue from 'fdreactor/kqueue';
import { expect, test } from 'vitest';
import { compileC } from '../../helpers/compile-c.js';
import { native } from '../../helpers/fixtures/native.mjs';
import { overLibkqueue } from '../../helpers/platform.js';

const names = Object.keys(kqueue).filter((name) => /^(EVFILT|EV|NOTE)_/.test(name));
const flags = overLibkqueue
  ? execFileSync('pkg-config', ['--cflags', 'libkqueue'], { encoding: 'utf8' }).trim().split(/\s+/)
  : [];
const one = (name: string): string => `
#ifdef ${name}
  printf("${name} %lld\\n", (long long)(${name}));
#endif`;
const program = compileC(
  `
#include <stdio.h>
#include <sys/types.h>
#include <sys/event.h>
#include <sys/time.h>
int main(void) {${names.map(one).join('')}
}`,
  flags,
);

test('values agree with the header', () => {
  const lines = execFileSync(program, { encoding: 'utf8' }).trim().split('\n');
  const ofHeaders = new Map(lines.map((line) => line.split(' ') as [string, string]));
  for (const name of names) {
    const value = ofHeaders.get(name);
    // Bits are unsigned, filters are small numbers of either sign.
    const expected = value === undefined ? undefined : name.startsWith('EVFILT_') ? Number(value) : Number(value) >>> 0;
    expect((kqueue as unknown as Record<string, number | undefined>)[name], name).toBe(expected);
  }
});

test('each name of the native table is exported, and the other way round', () => {
  const there = names.filter((name) => (kqueue as unknown as Record<string, unknown>)[name] !== undefined);
  expect(there.sort()).toEqual(Object.keys(native.constants.kqueue).sort());
});

test('the ones that every system has are there', () => {
  for (const name of ['READ', 'WRITE', 'VNODE', 'PROC', 'SIGNAL', 'TIMER']) {
    expect((kqueue as unknown as Record<string, unknown>)[`EVFILT_${name}`], name).toBeTypeOf('number');
  }
  for (const name of [
    'ADD',
    'DELETE',
    'ENABLE',
    'DISABLE',
    'ONESHOT',
    'CLEAR',
    'EOF',
    'ERROR',
    'RECEIPT',
    'DISPATCH',
  ]) {
    expect((kqueue as unknown as Record<string, unknown>)[`EV_${name}`], name).toBeTypeOf('number');
  }
  for (const name of ['DELETE', 'WRITE', 'EXTEND', 'ATTRIB', 'LINK', 'RENAME', 'EXIT', 'FORK', 'EXEC', 'LOWAT']) {
    expect((kqueue as unknown as Record<string, unknown>)[`NOTE_${name}`], name).toBeTypeOf('number');
  }
});
