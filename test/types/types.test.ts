// The types: what the documentation shows compiles, what it forbids does not (api.ts: each @ts-expect-error that does
// not fail is an error itself), and all the tests compile.
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { patience } from '../helpers/patience.js';
import { compile } from '../helpers/tsc.js';

test('the tests and the examples of the types compile', { timeout: patience(60_000) }, () => {
  expect(compile(fileURLToPath(new URL('..', import.meta.url)))).toBe('');
});

test('a user who has the compiler check the declarations of the package finds no error', () => {
  expect(compile(fileURLToPath(new URL('.', import.meta.url)))).toBe('');
});
