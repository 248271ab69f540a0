// @ts-check
// Limits the files of a folder, so that a stranger can read a folder's list as a table of contents. A root joins the
// list when its folders keep the limit.
import path from 'node:path';

const MAX_FILES = 20;
export const heldRoots = ['bench', 'lib', 'native', 'scripts'];

/** @param {readonly string[]} files paths @returns {{ file: string, line: number, rule: string }[]} */
export function checkFolders(files) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const file of files.filter((file) => heldRoots.includes(file.split('/')[0] ?? ''))) {
    const folder = path.posix.dirname(file);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count > MAX_FILES)
    .map(([file, count]) => ({ file, line: 1, rule: `a folder has at most ${MAX_FILES} files (${count} here)` }));
}
