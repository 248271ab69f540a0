// The package inside other things: in a worker, in a bundle, in a single executable. What docs/bundlers.md says is done
// here.
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { blocksOf } from '../docs/markdown.js';
import { noteNotRun } from '../helpers/not-run.js';
import { userWithPackage } from './installed.js';
import { expectEcho, expectPrograms, writeJavaScript } from './programs.js';
import { node22, requireTool, tools, User } from './user.js';

/** Has the package. */
let developer: User;
/** Has nothing, but what a test gives it. */
let machine: User;

noteNotRun('test/tarball/embeddings.test.ts > in Electron', 'no package of npm has it inside; each downloads it');

beforeAll(async () => {
  developer = await userWithPackage();
  writeJavaScript(developer, 'esm');
});
afterAll(() => developer.remove());
afterEach(() => machine?.remove());

/** Bundles programs of the developer for the machine. */
async function bundle(format: 'esm' | 'cjs', options: object = {}): Promise<string> {
  const { build } = requireTool('esbuild');
  const ending = format === 'esm' ? 'mjs' : 'cjs';
  await build({
    entryPoints: ['echo.mjs', 'raw-layer.mjs'],
    absWorkingDir: developer.folder,
    outdir: machine.folder,
    outExtension: { '.js': `.${ending}` },
    bundle: true,
    platform: 'node',
    format,
    logLevel: 'error',
    ...options,
  });
  return ending;
}

/** The binary of the machine, as the package has it. */
const binary = (): string => developer.path('node_modules/fdreactor/prebuilds/linux-x64/fdreactor.glibc.node');

test('in a worker', async () => {
  machine = new User();
  developer.write('worker.mjs', "new (await import('node:worker_threads')).Worker('./echo.mjs', { argv: ['0'] });");
  await expectEcho(developer, [process.execPath, 'worker.mjs']);
});

test('left out of a bundle, and found in node_modules', async () => {
  machine = new User();
  const outExtension = { '.js': '.bundled.mjs' };
  await bundle('esm', { packages: 'external', outdir: developer.folder, outExtension });
  await expectPrograms(developer, [process.execPath], 'bundled.mjs');
});

test.each(['esm', 'cjs'] as const)('in a bundle, %s, with the binary beside it', async (format) => {
  machine = new User();
  const ending = await bundle(format);
  copyFileSync(binary(), machine.path('fdreactor.node'));
  await expectPrograms(machine, [process.execPath], ending);
});

test('in a bundle, with the binary where FDREACTOR_BINARY says', async () => {
  machine = new User();
  const ending = await bundle('esm');
  mkdirSync(machine.path('native'));
  copyFileSync(binary(), machine.path('native/any-name.node'));
  const output = await machine.run(
    [process.execPath, `raw-layer.${ending}`],
    { FDREACTOR_BINARY: machine.path('native/any-name.node') },
    'something',
  );
  expect(output).toBe('0 1\n');
});

test('in a bundle without its binary: an error that says what is missing', async () => {
  machine = new User();
  const ending = await bundle('esm');
  await expect(machine.node(`echo.${ending}`)).rejects.toThrow(/ERR_FDREACTOR_NO_BINARY/);
  await expect(machine.node(`echo.${ending}`)).rejects.toThrow(machine.path('fdreactor.node'));
});

/** A single executable of Node's kind, made of a bundle. */
async function singleExecutable(program: string, assets: Record<string, string> = {}): Promise<string> {
  const config = { main: program, output: 'blob', disableExperimentalSEAWarning: true, assets };
  machine.write('sea.json', JSON.stringify(config));
  await machine.node('--experimental-sea-config', 'sea.json');
  const executable = machine.path('program');
  copyFileSync(process.execPath, executable);
  chmodSync(executable, 0o755);
  const fuse = ['--sentinel-fuse', 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'];
  await machine.node(join(tools, 'postject/dist/cli.js'), executable, 'NODE_SEA_BLOB', 'blob', ...fuse);
  return executable;
}

test('in a single executable, with the binary beside it', async () => {
  machine = new User();
  const executable = await singleExecutable(`echo.${await bundle('cjs')}`);
  copyFileSync(binary(), machine.path('fdreactor.node'));
  await expectEcho(machine, [executable]);
});

test('in a single executable, with the binary in it', async () => {
  machine = new User();
  const [script] = blocksOf('docs/bundlers.md').filter(({ language }) => language === 'js');
  developer.write('binary.mjs', script?.text ?? '');
  developer.write('first.mjs', "import './binary.mjs';\nimport './echo.mjs';\n");
  await bundle('cjs', { entryPoints: ['first.mjs'] });
  const executable = await singleExecutable('first.cjs', { 'fdreactor.node': binary() });
  await expectEcho(machine, [executable]);
});

test.each([
  ['without permission for add-ons', ['--allow-fs-read=./*']],
  ['without permission to read the package', ['--allow-addons', '--allow-fs-read=./echo.mjs']],
])('%s: an error that says what to allow', async (_name, permissions) => {
  machine = new User();
  const started = developer.node('--experimental-permission', ...permissions, 'echo.mjs');
  await expect(started).rejects.toThrow(/--allow-addons/);
});

test.each([
  ['--experimental-permission', process.execPath],
  ['--permission', node22],
])('%s, with permission for add-ons and to read the app folder', async (flag, node) => {
  machine = new User();
  await expectEcho(developer, [node, flag, '--allow-addons', `--allow-fs-read=${developer.folder}/*`, 'echo.mjs']);
});
