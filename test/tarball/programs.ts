// The two programs of the contract in the ways that users write them, and what each must do.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { talk, withEcho } from '../helpers/echo-program.js';
import { requireTool, type User } from './user.js';

export const names = ['echo', 'raw-layer'] as const;

export const source = (name: (typeof names)[number]): string =>
  readFileSync(fileURLToPath(new URL(`../helpers/programs/${name}.ts`, import.meta.url)), 'utf8');

/** The programs in JavaScript: without types, and with import or with require(). */
export function writeJavaScript(user: User, format: 'esm' | 'cjs'): string {
  const { transformSync } = requireTool('esbuild');
  const ending = format === 'esm' ? 'mjs' : 'cjs';
  for (const name of names) user.write(`${name}.${ending}`, transformSync(source(name), { loader: 'ts', format }).code);
  return ending;
}

/** Runs both; `command` and `ending` are how, such as node and mjs. */
export async function expectPrograms(user: User, command: readonly string[], ending: string): Promise<void> {
  await expectEcho(user, [...command, `echo.${ending}`]);
  expect(await user.run([...command, `raw-layer.${ending}`], {}, 'something')).toBe('0 1\n');
}

/** Runs a program that must echo. */
export async function expectEcho(user: User, command: readonly string[]): Promise<void> {
  const options = { cwd: user.folder, env: user.env };
  await withEcho(command, async (port) => expect(await talk(port, 'hello')).toBe('hello'), options);
}
