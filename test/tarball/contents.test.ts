// What is in the tarball: the files of files.txt, where a `*` stands for any name in one folder, and no others.
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { sourceFiles } from '../../scripts/shared/sources.mjs';
import { tarball } from './user.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
const patterns = readFileSync(new URL('./files.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n');

const toExpression = (pattern: string): RegExp => {
  const parts = pattern.split('*').map((part) => part.replaceAll('.', '\\.'));
  return new RegExp(`^${parts.join('[^/]+')}$`);
};

/** What npm says that it packs. */
const dryRun = (): string[] => {
  const args = ['pack', '--dry-run', '--ignore-scripts', '--json'];
  const [report] = Object.values(JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8' })));
  return (report as { files: { path: string }[] }).files.map(({ path }) => path).sort();
};

describe('the files', () => {
  const files = dryRun();
  const expressions = patterns.map(toExpression);

  test('are those of the list, and each line of the list has some', () => {
    expect(files.filter((file) => !expressions.some((one) => one.test(file)))).toEqual([]);
    expect(patterns.filter((_, i) => !files.some((file) => (expressions[i] as RegExp).test(file)))).toEqual([]);
  });

  test('in dist/ are the types of each module of lib/', () => {
    const expected = sourceFiles(/^lib\/.*\.ts$/).map((file) => file.replace(/^lib\/(.*)\.ts$/, 'dist/$1.d.ts'));
    expect(files.filter((file) => file.endsWith('.d.ts'))).toEqual(expected);
  });

  test('in native/ are all sources but the tests', () => {
    const expected = sourceFiles(/^native\/(?!test\/)/);
    expect(files.filter((file) => file.startsWith('native/'))).toEqual(expected);
  });

  test('in the tarball are the same', () => {
    const listing = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
    expect(listing.map((name) => name.replace(/^package\//, '')).sort()).toEqual(files);
  });
});

test('the tarball has less than 4 MB', () => {
  const { size } = statSync(tarball);
  console.log(`tarball: ${(size / 1e6).toFixed(2)} MB`);
  expect(size).toBeLessThan(4e6);
});

test('nothing runs when it is installed, and no other package comes along', () => {
  expect(Object.keys(manifest.scripts).filter((name) => /^(pre|post)?install$/.test(name))).toEqual([]);
  // Without this npm would run node-gyp because of binding.gyp.
  expect(manifest.gypfile).toBe(false);
  const { peerDependencies, peerDependenciesMeta } = manifest;
  for (const name of Object.keys(peerDependencies)) expect(peerDependenciesMeta[name]).toEqual({ optional: true });
  for (const kind of ['dependencies', 'optionalDependencies', 'bundleDependencies']) {
    expect(manifest).not.toHaveProperty(kind);
  }
});
