// The tree that ARCHITECTURE.md draws is the tree on disk: each folder that git has is a line, and each line is a
// folder.
import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { sourceFiles } from '../../scripts/shared/sources.mjs';
import { blocksOf } from './markdown.js';

/** The folders of a drawn tree, by path. Two spaces are one level; a name ends in a slash. */
function drawnFolders(tree: string): string[] {
  const path: string[] = [];
  return tree
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [, indent = '', name = ''] = /^( *)(\S+)\/ +\S/.exec(line) ?? [];
      path.splice(indent.length / 2, path.length, name);
      return path.join('/');
    });
}

function foldersOnDisk(): string[] {
  const found = new Set<string>();
  for (const file of sourceFiles(/\//)) {
    for (let folder = posix.dirname(file); folder !== '.'; folder = posix.dirname(folder)) found.add(folder);
  }
  return [...found];
}

test('ARCHITECTURE.md draws every folder, and no other', () => {
  const trees = blocksOf('ARCHITECTURE.md').filter(({ marks }) => marks.has('tree'));
  expect(trees).toHaveLength(1);
  expect(drawnFolders(trees[0]?.text ?? '').sort()).toEqual(foldersOnDisk().sort());
});
