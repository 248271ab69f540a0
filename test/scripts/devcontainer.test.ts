// The container for development has every package that the scripts would install by apt-get.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { root } from '../../scripts/shared/sources.mjs';

test('the devcontainer has the packages of every ensureInstalled()', () => {
  const scripts = readdirSync(`${root}/scripts`, { recursive: true, encoding: 'utf8' });
  const texts = scripts
    .filter((file) => file.endsWith('.mjs'))
    .map((file) => readFileSync(`${root}/scripts/${file}`, 'utf8'));
  const calls = texts.flatMap((text) =>
    [...text.matchAll(/ensureInstalled\(\{([^}]*)\}\)/g)].map(([, body = '']) => body),
  );
  const packages = calls.flatMap((body) => [...body.matchAll(/: '([^']+)'/g)].map(([, name = '']) => name));
  const dockerfile = readFileSync(`${root}/.devcontainer/Dockerfile`, 'utf8').split(/\s+/);
  expect(packages.length).toBeGreaterThan(10);
  expect(packages.filter((name) => !dockerfile.includes(name))).toEqual([]);
});
