// @ts-check
// Limits the files of a folder, so that a stranger can read a folder's list as a table of contents. The root is
// not held to it: tools say where their files are.
import path from 'node:path';

const MAX_FILES = 20;

/** @param {readonly string[]} files paths @returns {{ file: string, line: number, rule: string }[]} */
export function checkFolders(files) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const file of files.filter((file) => file.includes('/'))) {
    const folder = path.posix.dirname(file);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count > MAX_FILES)
    .map(([file, count]) => ({ file, line: 1, rule: `a folder has at most ${MAX_FILES} files (${count} here)` }));
}
