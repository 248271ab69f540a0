// Folders to serve: made for a test file, or within one of its tests, and removed after the file.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';

const folders: string[] = [];

// Not in makeFolder(): within a test it is too late to say what comes after all.
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** Its path. `files` are contents by relative path. */
export function makeFolder(files: Record<string, string | Uint8Array>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fdreactor-')));
  folders.push(folder);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}
