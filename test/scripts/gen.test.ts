// `npm run gen`: a constant is one line of C++, and the check fails until the generated files have it.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { outputs } from '../../scripts/gen/outputs.mjs';
import { mergeNames, readEnum, readTable } from '../../scripts/gen/tables.mjs';
import { root } from '../../scripts/shared/sources.mjs';

const folder = mkdtempSync(join(tmpdir(), 'fdreactor-gen-'));
afterAll(() => rmSync(folder, { recursive: true }));

const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
const gen = (...options: string[]) =>
  spawnSync(process.execPath, [`${root}/scripts/gen/gen.mjs`, ...options, folder], { encoding: 'utf8' });

/** Adds a line to a table, behind the entry of `name`. */
function addLine(file: string, name: string, line: string): void {
  const entry = new RegExp(`^ *(\\{"\\w+", "${name}"|${name} =).*`, 'm');
  expect(read(file)).toMatch(entry);
  writeFileSync(join(folder, file), read(file).replace(entry, `$&\n${line}`));
}

describe('a copy of the tables', () => {
  beforeEach(() => {
    for (const file of outputs.flatMap(({ from, file }) => [...from, file])) {
      cpSync(`${root}/${file}`, join(folder, file));
    }
  });

  test.each([
    [
      'sys/linux/constants_linux.cc',
      'SO_TYPE',
      '    {"socket", "SO_NEW", 1},',
      'native/constant-names',
      "  | 'SO_NEW'",
    ],
    [
      'sys/linux/constants_linux.cc',
      'EPOLLET',
      '    // Something new.\n    {"epoll", "EPOLLNEW", EPOLLNEW},',
      'queue/epoll/constants',
      '/** Something new. */\nexport const EPOLLNEW: number = constants.EPOLLNEW ?? 0;',
    ],
    [
      'sys/kqueue/constants_kqueue.cc',
      'NOTE_FORK',
      '#ifdef NOTE_NEW\n    {"kqueue", "NOTE_NEW", bits(NOTE_NEW)},  // Something new.\n#endif',
      'queue/kqueue/constants',
      '/** Something new. */\nexport const NOTE_NEW: number = constants.NOTE_NEW as number;',
    ],
    [
      'sys/windows/port/constants_port.cc',
      'CREATE_NEW',
      '    // Something new.\n    {"iocp", "TF_NEW", 0x40, TF_NEW},',
      'queue/iocp/constants',
      '/** Something new. */\nexport const TF_NEW = 0x40;',
    ],
    [
      'core/afd_events.h',
      'kAfdAccept',
      '  kAfdSomethingNew = 0x40,  // Something new.',
      'queue/iocp/constants',
      '/** Something new. */\nexport const AFD_POLL_SOMETHING_NEW = 0x40;',
    ],
    ['core/afd_events.h', 'kHangup', '  kSomethingNew = 128,', 'reactor/ready-bits', '  SOMETHING_NEW: 128,'],
  ])('%s: a line after %s', (source, name, line, output, written) => {
    expect(gen('--check').status).toBe(0);
    addLine(`native/${source}`, name, line);
    const check = gen('--check');
    expect(check.stderr).toContain(`lib/${output}.gen.ts is not what native/`);
    expect(check.status).toBe(1);
    expect(read(`lib/${output}.gen.ts`)).not.toContain(written);

    expect(gen().status).toBe(0);
    expect(read(`lib/${output}.gen.ts`)).toContain(`${written}\n`);
    expect(gen('--check').status).toBe(0);
  });

  test('a long comment is wrapped', () => {
    const words = 'word '.repeat(40).trim();
    addLine('native/sys/linux/constants_linux.cc', 'EPOLLET', `    // ${words}\n    {"epoll", "EPOLLNEW", 1},`);
    expect(gen().status).toBe(0);
    const lines = read('lib/queue/epoll/constants.gen.ts').split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
    expect(
      lines
        .filter((line) => line.startsWith(' * word'))
        .join(' ')
        .match(/word/g),
    ).toHaveLength(40);
  });

  test('a name that stands twice, and an entry of two lines, are refused', () => {
    addLine('native/sys/linux/constants_linux.cc', 'SO_TYPE', '    {"socket", "SO_TYPE", SO_TYPE},');
    expect(gen().stderr).toContain('lists SO_TYPE twice');
    addLine('native/sys/windows/constants_windows.cc', 'SO_TYPE', '    {"socket", "SO_NEW",\n     SO_NEW},');
    expect(() => readTable(folder, 'native/sys/windows/constants_windows.cc', 'socket')).toThrow(
      'an entry is one line',
    );
  });

  test('an enum that is gone is named', () => {
    expect(() => readEnum(folder, 'native/core/afd_events.h', 'Gone')).toThrow('no enum Gone');
  });
});

test('names of several platforms keep the order of each table', () => {
  const list = (...names: string[]) => names.map((name) => ({ name, value: '1', doc: '' }));
  expect(mergeNames([list('A', 'C'), list('A', 'B', 'C', 'D'), list('Z', 'C')])).toEqual(['Z', 'A', 'B', 'C', 'D']);
});
