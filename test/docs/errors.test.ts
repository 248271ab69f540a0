// The troubleshooting page speaks of every code that a user can meet: those of lib/, and those of the system that the
// reference names.
import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { isGenerated, pages, root, textOf } from './markdown.js';

const page = textOf('docs/troubleshooting.md');
const unknown = (codes: Iterable<string>): string[] =>
  [...new Set(codes)].filter((code) => !new RegExp(`\\b${code}\\b`).test(page)).sort();
const matches = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([code]) => code);

test('every ERR_ code of lib/ is on the page', () => {
  const files = readdirSync(`${root}lib`, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const codes = files.flatMap((file) => matches(readFileSync(`${root}lib/${file}`, 'utf8'), /\bERR_[A-Z_]+\b/g));
  expect(codes).toContain('ERR_INVALID_STATE');
  expect(unknown(codes)).toEqual([]);
});

test('every error of the system that the reference names is on the page', () => {
  const words = pages()
    .filter(isGenerated)
    .flatMap((file) => matches(textOf(file), /\bE[A-Z]+\b/g));
  const codes = words.filter((word) => Object.hasOwn(constants.errno, word));
  expect(codes).toContain('EMFILE');
  expect(unknown(codes)).toEqual([]);
});
