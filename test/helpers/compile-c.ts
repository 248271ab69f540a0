// Small C programs, compiled on the spot (by $CC, or cc): the headers' own word on constants, and helpers that
// JavaScript cannot be.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** Compiles the source; the program is removed after the test file. */
export function compileC(source: string, flags: readonly string[] = []): string {
  const directory = mkdtempSync(join(tmpdir(), 'fdreactor-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const program = join(directory, 'program');
  execFileSync(process.env.CC ?? 'cc', ['-Wall', '-O1', '-D_GNU_SOURCE', ...flags, '-x', 'c', '-', '-o', program], {
    input: source,
  });
  return program;
}
