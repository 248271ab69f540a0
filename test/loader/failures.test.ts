// Each way in which the add-on cannot be loaded: one error that says which file, for what, and what to do; the system's
// own words are its cause. Never a crash, also where dlopen(3) alone would end in one.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { testUnless, testWith } from '../helpers/needs.js';
import { isLinux, isMacOs, isWindows } from '../helpers/platform.js';
import {
  copyPackage,
  type Failure,
  failureOf,
  goodBytes,
  importOf,
  makeFolder,
  otherVersion,
  otherVersionBytes,
  replaced,
  version,
  writeBinary,
} from './package-copy.js';

const target = `${process.platform} ${process.arch}`;

/** What every one of them has. */
function expectOneClearError(failure: Failure, code: string, ...words: string[]): void {
  expect(failure.name).toBe('LoadError');
  expect(failure.code).toBe(code);
  for (const word of ['fdreactor: ', ...words]) expect(failure.message).toContain(word);
}

test('the copies that are tried here do load, as long as nothing is wrong with them', async () => {
  expect((await importOf(copyPackage(goodBytes()))).backends).toHaveLength(1);
});

describe('no binary', () => {
  test('no binary fits: the error names the platform, the places and the command that builds one', async () => {
    const folder = copyPackage();
    const failure = await failureOf(folder);
    const places = [join(folder, 'build'), join(folder, 'prebuilds', `${process.platform}-${process.arch}`)];
    expectOneClearError(failure, 'ERR_FDREACTOR_NO_BINARY', target, 'Node-API', 'npx fdreactor build', ...places);
    expect(failure.cause?.code).toBe('ENOENT');
  });

  test('only those of other platforms', async () => {
    const folder = copyPackage();
    for (const other of ['plan9-x64', `${process.platform}-mips`, 'aix-ppc64']) {
      mkdirSync(join(folder, 'prebuilds', other), { recursive: true });
      writeFileSync(join(folder, 'prebuilds', other, 'fdreactor.node'), goodBytes());
    }
    expectOneClearError(await failureOf(folder), 'ERR_FDREACTOR_NO_BINARY', target, 'npx fdreactor build');
  });

  test('FDREACTOR_BINARY names a file that is not there', async () => {
    const missing = join(makeFolder(), 'missing.node');
    const failure = await failureOf(copyPackage(goodBytes()), { env: { FDREACTOR_BINARY: missing } });
    expectOneClearError(failure, 'ERR_FDREACTOR_NO_BINARY', 'FDREACTOR_BINARY', missing);
    expect(failure.cause?.code).toBe('ENOENT');
  });

  test('FDREACTOR_BINARY names a folder, or a file of another kind', async () => {
    const folder = copyPackage(goodBytes());
    const text = join(folder, 'package.json');
    for (const file of [folder, text]) {
      expectOneClearError(
        await failureOf(folder, { env: { FDREACTOR_BINARY: file } }),
        'ERR_FDREACTOR_BAD_BINARY',
        file,
      );
    }
  });

  test('a bundle finds the one beside it', async () => {
    const folder = copyPackage();
    writeFileSync(join(folder, 'dist', 'fdreactor.node'), goodBytes());
    expect((await importOf(folder)).backends).toHaveLength(1);
  });
});

describe('a damaged binary', () => {
  const good = goodBytes();
  const half = good.length >> 1;
  const damaged: Record<string, [bytes: Uint8Array, words: string]> = {
    'of no bytes': [good.subarray(0, 0), 'it is not a program (0 bytes)'],
    'of one byte': [good.subarray(0, 1), 'it is not a program'],
    'that ends within its header': [good.subarray(0, 40), 'it is not a program'],
    'cut off in the first page': [good.subarray(0, 2000), 'it is'],
    'cut off in the middle': [good.subarray(0, half), 'it is cut off'],
    'that lacks the last byte but one page': [good.subarray(0, half * 2 - 4096), 'it is cut off'],
    'that is a text, as a pointer of git-lfs': [
      Buffer.from('version https://git-lfs.github.com/spec/v1\n'),
      'not a program',
    ],
    'of zeros': [Buffer.alloc(good.length), 'it is not a program'],
  };
  // A section table is what linkers of ELF put at the end; the other formats have nothing that is never zero there.
  if (isLinux) {
    damaged['whose second half was never written'] = [
      Buffer.concat([good.subarray(0, half), Buffer.alloc(half)]),
      'never written',
    ];
  }

  test.each(Object.entries(damaged))('%s', async (_name, [bytes, words]) => {
    const folder = copyPackage();
    const file = writeBinary(folder, bytes);
    const failure = await failureOf(folder);
    expectOneClearError(failure, 'ERR_FDREACTOR_BAD_BINARY', words, file, target, 'npx fdreactor build');
  });

  testWith({ needs: 'proc' }, 'cut off anywhere: an error, or it works; never a crash', async () => {
    const folder = copyPackage();
    const cuts = Array.from({ length: 12 }, (_, i) => Math.floor((good.length * i) / 12));
    for (const cut of cuts) {
      writeBinary(folder, good.subarray(0, cut));
      expect((await failureOf(folder)).code, `cut at ${cut}`).toBe('ERR_FDREACTOR_BAD_BINARY');
    }
  });
});

describe('a binary of another system', () => {
  // The first bytes of each format, as parsed in lib/native/binary-file.ts; the rest does not matter, for no parser
  // gets so far.
  const elf = (machine: number): Buffer => {
    const bytes = Buffer.alloc(4096);
    bytes.write('\x7fELF\x02\x01\x01', 'latin1');
    bytes.writeUInt16LE(machine, 18);
    return bytes;
  };
  const machO = Buffer.alloc(4096);
  machO.writeUInt32LE(0xfeedfacf, 0);
  machO.writeUInt32LE(0x0100000c, 4);
  const pe = Buffer.alloc(4096);
  pe.write('MZ', 'latin1');
  pe.writeUInt32LE(128, 0x3c);
  pe.write('PE', 128, 'latin1');
  pe.writeUInt16LE(0xaa64, 132);
  const others: [string, Buffer, string][] = [
    ['Linux on RISC-V', elf(243), 'ELF for riscv64'],
    ['Linux on a processor of no name', elf(9999), 'ELF for processor 0x270f'],
    ...(isMacOs ? [] : ([['macOS on ARM', machO, 'Mach-O for arm64']] as [string, Buffer, string][])),
    ...(isWindows ? [] : ([['Windows on ARM', pe, 'PE for arm64']] as [string, Buffer, string][])),
  ];

  test.each(others)('%s', async (_name, bytes, words) => {
    const failure = await failureOf(copyPackage(bytes));
    expectOneClearError(failure, 'ERR_FDREACTOR_BAD_BINARY', 'for another system', words, target);
  });

  // The add-on as it is, but for the name of what it needs: what the loader of this system says of it.
  const notGlibc = goodBytes().includes('GLIBC_2.') ? undefined : 'the add-on of this run does not ask for glibc';

  testUnless(notGlibc, 'one that needs a newer glibc', async () => {
    const failure = await failureOf(copyPackage(replaced(goodBytes(), 'GLIBC_2.', 'GLIBC_9.')));
    expectOneClearError(failure, 'ERR_FDREACTOR_BAD_BINARY', 'it needs glibc 9.', 'is older', 'npx fdreactor build');
    expect(failure.cause?.code).toBe('ERR_DLOPEN_FAILED');
  });

  testUnless(notGlibc, 'one that needs a library that is not there', async () => {
    const failure = await failureOf(copyPackage(replaced(goodBytes(), 'libc.so.6', 'libq.so.6')));
    expectOneClearError(failure, 'ERR_FDREACTOR_BAD_BINARY', 'it needs libq.so.6', 'npx fdreactor build');
  });
});

describe('a binary of another version', () => {
  test('of fdreactor', async () => {
    const failure = await failureOf(copyPackage(otherVersionBytes()));
    const words = [`of fdreactor ${otherVersion}, this is ${version}`, 'npx fdreactor build'];
    expectOneClearError(failure, 'ERR_FDREACTOR_OTHER_VERSION', ...words);
  });

  testWith({ notUnderWine: 'no other add-on is at hand there' }, 'of another package', async () => {
    const folder = fileURLToPath(new URL('../../node_modules/@oxc-parser/', import.meta.url));
    const files = readdirSync(folder).flatMap((name) =>
      readdirSync(join(folder, name)).map((file) => join(folder, name, file)),
    );
    const stranger = files.find((file) => file.endsWith('.node')) as string;
    const failure = await failureOf(copyPackage(), { env: { FDREACTOR_BINARY: stranger } });
    expectOneClearError(failure, 'ERR_FDREACTOR_OTHER_VERSION', 'not of fdreactor', stranger);
  });
});

/** A command in a mount namespace of its own, where a file system of the given options is at `folder`. */
const mounted = (folder: string, options: string, then: string): string[] => [
  ...['unshare', '--map-root-user', '--mount', 'sh', '-ec'],
  `mount -t tmpfs -o ${options} tmpfs "$0"; ${then}; exec "$@"`,
  folder,
];
const mayMount = spawnSync('unshare', ['--map-root-user', '--mount', 'true']).status === 0;
const notMounted = mayMount ? undefined : 'unshare(1) makes no mount namespace for this user';

describe('folders', () => {
  testUnless(notMounted, 'a folder mounted noexec: the error says so, and what to do', async () => {
    const [folder, place] = [copyPackage(goodBytes()), makeFolder()];
    const wrap = mounted(place, 'noexec', `cp -rL "${folder}/." "$0"`);
    const failure = await failureOf(place, { wrap });
    expectOneClearError(failure, 'ERR_FDREACTOR_BAD_BINARY', 'noexec', 'FDREACTOR_BINARY', place);
    expect(failure.cause?.message).toContain('failed to map segment');
  });

  testUnless(notMounted, 'that are read-only: works', async () => {
    const [folder, place] = [copyPackage(goodBytes()), makeFolder()];
    const wrap = mounted(place, 'rw', `cp -rL "${folder}/." "$0"; mount -o remount,ro "$0"`);
    expect((await importOf(place, { wrap })).backends).toHaveLength(1);
  });

  test('whose names have spaces and letters of any script: works', async () => {
    const folder = join(makeFolder(), 'mit Leerzeichen, ünïcödé 日本');
    renameSync(copyPackage(goodBytes()), folder);
    expect((await importOf(folder)).backends).toHaveLength(1);
  });
});
