// Links lead somewhere: to a file of the repository, and to a heading that is there; every page can be reached from the
// README; and what the pages tell a reader to run is there.
import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { anchorsOf, linksOf, pages, root, textOf } from './markdown.js';

const isOutside = (target: string): boolean => /^[a-z]+:/.test(target);

/** The file and the heading that a link of a page leads to. */
function destination(page: string, target: string): { file: string; anchor: string } {
  const [path = '', anchor = ''] = target.split('#', 2);
  return { file: path === '' ? page : posix.join(posix.dirname(page), path), anchor };
}

test('every link within the repository leads to a file, and to a heading that it has', () => {
  const broken: string[] = [];
  for (const { page, line, target } of pages().flatMap(linksOf)) {
    if (isOutside(target)) continue;
    const { file, anchor } = destination(page, target);
    const isThere = existsSync(`${root}${file}`) && (anchor === '' || anchorsOf(file).has(anchor));
    if (!isThere) broken.push(`${page}:${line} ${target}`);
  }
  expect(broken).toEqual([]);
});

test('every page can be reached from the README', () => {
  const reached = new Set<string>();
  const open = ['README.md'];
  for (let page = open.pop(); page !== undefined; page = open.pop()) {
    if (reached.has(page)) continue;
    reached.add(page);
    const files = linksOf(page).filter(({ target }) => !isOutside(target));
    open.push(...files.map(({ target }) => destination(page, target).file).filter((file) => file.endsWith('.md')));
  }
  expect(pages().filter((page) => page.startsWith('docs/') && !reached.has(page))).toEqual([]);
});

test('every `npm run` of the pages is a script of package.json', () => {
  const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { scripts: Record<string, string> };
  const unknown: string[] = [];
  for (const page of pages()) {
    for (const [command, name] of textOf(page).matchAll(/npm run (?:--silent |-s )?([a-z][\w:-]*\w)/g)) {
      if (!Object.hasOwn(scripts, name as string)) unknown.push(`${page} ${command}`);
    }
  }
  expect(unknown).toEqual([]);
});
