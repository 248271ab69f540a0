// examples/static-file-server as a guard: nothing outside its folder and nothing but regular files, however it is
// spelt.
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder } from '../folder.js';
import { ask, requestText, responses, talk } from '../http-client.js';
import { start } from '../running.js';

const SECRET = 'the secret';
const base = makeFolder({
  'secret.txt': SECRET,
  'root-sibling/secret.txt': SECRET,
  'root/inside.txt': 'inside',
  'root/a/deep/file.txt': 'deep',
  'root/..hidden/dots...txt': 'dots',
  'root/back\\slash.txt': 'backslash',
});
const root = join(base, 'root');
symlinkSync('../secret.txt', join(root, 'out.txt'));
symlinkSync('..', join(root, 'up'));
symlinkSync('../root-sibling', join(root, 'sibling'));
symlinkSync('/etc', join(root, 'etc'));
symlinkSync('a/deep', join(root, 'in'));
symlinkSync('loop', join(root, 'loop'));
execFileSync('mkfifo', [join(root, 'fifo')]);

test.each([
  '/../secret.txt',
  '/a/../../secret.txt',
  '/a/deep/../../../secret.txt',
  '/%2e%2e/secret.txt',
  '/%2E%2E%2Fsecret.txt',
  '/.%2e/secret.txt',
  '/..%2fsecret.txt',
  '/a/..%2f..%2fsecret.txt',
  '/..%5csecret.txt',
  '/..\\secret.txt',
  '/%252e%252e/secret.txt',
  '/%c0%ae%c0%ae/secret.txt',
  '/inside.txt%00',
  '/inside.txt%00.html',
  '/back%5cslash.txt',
  '/out.txt',
  '/up/secret.txt',
  '/up/',
  '/sibling/secret.txt',
  '/etc/passwd',
  '/loop',
  '/fifo',
  '/../root-sibling/secret.txt',
  '//etc/passwd',
  'http://test/../secret.txt',
  'file:///etc/passwd',
  '/.',
  '/a',
])('%s gets nothing', async (url) => {
  const port = (await start('static-file-server', [root])).port();
  const { status, headers, body } = await ask(port, url);
  expect([301, 400, 403, 404]).toContain(status);
  if (status === 301) expect(headers.get('location')).toMatch(/^\/\w+\/$/);
  expect(body.toString()).toMatch(/^\d+ [\w ]+\n$/);
});

test('what is inside is served, by links that stay inside and names with dots too', async () => {
  const port = (await start('static-file-server', [root])).port();
  expect((await ask(port, '/in/file.txt')).body.toString()).toBe('deep');
  expect((await ask(port, '/./a//deep/./file.txt')).body.toString()).toBe('deep');
  expect((await ask(port, '/..hidden/dots...txt')).body.toString()).toBe('dots');
  expect((await ask(port, '/up/root/inside.txt')).body.toString()).toBe('inside'); // it ends inside, whatever the way
});

test('a root that is itself a link, or /', async () => {
  symlinkSync(root, join(base, 'link'));
  const linked = await start('static-file-server', [join(base, 'link')]);
  expect((await ask(linked.port(), '/inside.txt')).body.toString()).toBe('inside');
  const whole = await start('static-file-server', ['/']);
  expect((await ask(whole.port(), join(root, 'inside.txt'))).body.toString()).toBe('inside');
});

test('a file that was replaced or removed is not served as it was for long, and its fd is given back', async () => {
  const folder = makeFolder({ 'page.txt': 'old' });
  const server = await start('static-file-server', [folder]);
  const page = async (): Promise<string> => (await ask(server.port(), '/page.txt')).body.toString();
  const before = server.openFds();
  expect(await page()).toBe('old');
  writeFileSync(join(folder, 'new'), 'new page');
  renameSync(join(folder, 'new'), join(folder, 'page.txt'));
  let seen = '';
  for (const end = performance.now() + 10_000; seen !== 'new page' && performance.now() < end; ) seen = await page();
  expect(seen).toBe('new page');
  await server.leaksNothing(before);
});

test('more files than are kept open', async () => {
  const names = Array.from({ length: 600 }, (_, i) => `f${i}.txt`);
  const folder = makeFolder(Object.fromEntries(names.map((name) => [name, name])));
  mkdirSync(join(folder, 'empty'));
  const server = await start('static-file-server', [folder]);
  const before = server.openFds();
  for (let round = 0; round < 2; round++) {
    const found = responses(await talk(server.port(), names.map((name) => requestText(`/${name}`)).join('')));
    expect(found.map(({ body }) => body.toString())).toEqual(names);
    expect(server.openFds()).toBeLessThan(before + 300);
  }
  await server.leaksNothing(before);
});

test('a root that does not exist is an error at once', async () => {
  await expect(start('static-file-server', [join(base, 'nowhere')])).rejects.toThrow(/ENOENT/);
  await expect(start('static-file-server', [])).rejects.toThrow(/usage/);
});
