// Small C programs, compiled on the spot (by $CC, or cc): the headers' own word on constants, and helpers that
// JavaScript cannot be.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** musl-gcc looks for headers of musl alone; those of the kernel are the system's. */
const KERNEL_HEADERS = ['/usr/include', '/usr/include/x86_64-linux-gnu'].flatMap((path) => ['-idirafter', path]);

/** Compiles the source; the program is removed after the test file. */
export function compileC(source: string, flags: readonly string[] = []): string {
  const directory = mkdtempSync(join(tmpdir(), 'fdreactor-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const program = join(directory, 'program');
  const compiler = process.env.CC ?? 'cc';
  const headers = compiler === 'musl-gcc' ? KERNEL_HEADERS : [];
  const options = ['-Wall', '-O1', '-D_GNU_SOURCE', ...flags, ...headers, '-x', 'c', '-', '-o', program];
  execFileSync(compiler, options, { input: source });
  return program;
}
