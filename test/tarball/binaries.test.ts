// The prebuilt add-ons, and what looks at them when they are made (scripts/prebuild/checks.mjs): it finds nothing wrong
// with the package's, and every fault in files that have some.
import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { findings } from '../../scripts/prebuild/checks.mjs';
import { type Target, targets } from '../../scripts/prebuild/targets.mjs';
import { getZig } from '../../scripts/shared/zig.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { program: zig } = await getZig();
const folder = mkdtempSync(`${tmpdir()}/fdreactor-binaries-`);
afterAll(() => rmSync(folder, { recursive: true }));

const prebuilt = ({ file }: Target): string => `${root}prebuilds/${file}`;
const targetOf = (name: string): Target => targets.find((target) => target.name === name) as Target;
const words = (file: string, name: string): string => findings(file, targetOf(name), zig).join('\n');

describe.each(targets)('$name', (target) => {
  test('has nothing wrong with it', () => {
    expect(findings(prebuilt(target), target, zig)).toEqual([]);
  });

  test('is not taken for that of another processor', () => {
    const others = targets.filter(({ system, arch }) => system === target.system && arch !== target.arch);
    for (const other of others) {
      expect(words(prebuilt(target), other.name)).toMatch(/is (for )?(arm64|x86_64|elf64-\S+|COFF-\S+)/);
    }
  });

  test('may not grow without end', () => {
    const file = `${folder}/large.node`;
    copyFileSync(prebuilt(target), file);
    appendFileSync(file, Buffer.alloc(400_000));
    expect(words(file, target.name)).toMatch(/has \d+ bytes, more than/);
  });
});

test('each of the two C libraries is told from the other', () => {
  expect(words(prebuilt(targetOf('linux-x64-glibc')), 'linux-x64-musl')).toContain('needs libc.so.6');
  expect(words(prebuilt(targetOf('linux-x64-musl')), 'linux-x64-glibc')).toContain('needs libc.so');
});

test('a library with every fault that one for Linux can have', () => {
  const source = `${folder}/faulty.cc`;
  const file = `${folder}/faulty.node`;
  writeFileSync(
    source,
    `#include <string>
     #include <sys/random.h>
     extern "C" int of_nobody();
     std::string text = __FILE__;
     extern "C" long more() { return of_nobody() + getrandom(&text[0], text.size(), 0); }`,
  );
  const flags = ['-shared', '-fPIC', '-g', '-z', 'execstack', '-Wl,-rpath,/elsewhere', '-z', 'norelro'];
  execFileSync('c++', [...flags, source, '-o', file]);
  const found = words(file, 'linux-x64-glibc');
  for (const fault of [
    'does not export napi_register_module_v1',
    /exports .*more/,
    /needs .*libstdc\+\+\.so\.6/,
    /needs .*of_nobody/,
    /needs .*getrandom@GLIBC_2\.25/,
    'has an RPATH',
    'asks nothing of Node',
    'is not stripped',
    'can be written and executed: PT_GNU_STACK',
    'leaves its tables writable',
    // The compiler writes its working folder down as well.
    /names .*\/fdreactor-binaries-/,
  ]) {
    expect(found).toMatch(fault);
  }
});

test('a signature that does not fit the bytes', () => {
  const target = targetOf('darwin-arm64');
  const bytes = readFileSync(prebuilt(target));
  const file = `${folder}/unsigned.node`;
  // Within the code, which the signature is of.
  bytes[20_000] = (bytes[20_000] as number) ^ 1;
  writeFileSync(file, bytes);
  expect(words(file, target.name)).toContain('has no valid signature');
});
