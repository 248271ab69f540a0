// Copies of the package as it is installed: dist/ and package.json in a folder of their own, without a binary, or with
// one that is put there.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type ChildOptions, runCommand } from '../helpers/child.js';
import { dispose } from '../helpers/owned.js';
import { isMacOs } from '../helpers/platform.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const require = createRequire(import.meta.url);

/** The binary that this run of the tests is about. */
export const binary: string = process.env.FDREACTOR_BINARY || require('node-gyp-build').path(root);

export const version: string = require('../../package.json').version;

export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fdreactor-loader-'));
  dispose({ close: () => rmSync(folder, { recursive: true }) });
  return folder;
}

/** @returns its folder; `build/Release/fdreactor.node` is the given bytes */
export function copyPackage(bytes?: Uint8Array): string {
  const folder = join(makeFolder(), 'fdreactor');
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  if (bytes !== undefined) writeBinary(folder, bytes);
  return folder;
}

/** @param place within the package @returns the file */
export function writeBinary(folder: string, bytes: Uint8Array, place = 'build/Release/fdreactor.node'): string {
  const file = join(folder, place);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  return file;
}

export const goodBytes = (): Buffer => readFileSync(binary);

/** The same with one text in place of another, as long; so often as it is there. */
export function replaced(bytes: Buffer, from: string, to: string): Buffer {
  if (from.length !== to.length) throw new Error('both must be as long');
  const text = bytes.toString('latin1');
  if (!text.includes(from)) throw new Error(`not in the file: ${from}`);
  return signed(Buffer.from(text.replaceAll(from, to), 'latin1'));
}

/** macOS ends a process whose code is not as it was signed. */
function signed(bytes: Buffer): Buffer {
  if (!isMacOs) return bytes;
  const file = join(makeFolder(), 'unsigned.node');
  writeFileSync(file, bytes);
  execFileSync('codesign', ['--force', '--sign', '-', file]);
  return readFileSync(file);
}

/** The same package as if it were of another version: its JavaScript and its add-on. */
export function copyOfOtherVersion(): string {
  const folder = copyPackage(otherVersionBytes());
  const names = ['shared', 'target'].map((name) => join(folder, 'dist', `${name}.js`));
  const texts = names.map((name) => readFileSync(name, 'utf8'));
  if (!texts.some((text) => text.includes(`"${version}"`))) throw new Error('no version in dist/');
  names.forEach((name, i) => {
    writeFileSync(name, (texts[i] as string).replaceAll(`"${version}"`, `"${otherVersion}"`));
  });
  return folder;
}

export const otherVersion = version.replace(/\d/, '9');

export const otherVersionBytes = (): Buffer => replaced(goodBytes(), `${version}\0`, `${otherVersion}\0`);

export interface Failure {
  name: string;
  code: string;
  message: string;
  cause: { code?: string; message: string } | null;
}

const program = (folder: string): string => `
  import(${JSON.stringify(pathToFileURL(join(folder, 'dist/index.js')).href)}).then(
    (m) => console.log(JSON.stringify({ report: { backends: m.capabilities().backends } })),
    (e) => console.log(JSON.stringify({ report: { name: e.name, code: e.code, message: e.message,
      cause: e.cause ? { code: e.cause.code, message: e.cause.message } : null } })))`;

// biome-ignore lint/suspicious/noExplicitAny: what the program above reports
export async function importOf(folder: string, options: ChildOptions = {}): Promise<any> {
  const { execArgv = [], wrap = [], env } = options;
  const command = [...wrap, process.execPath, ...execArgv, '-e', program(folder)];
  const outcome = await runCommand(command, { ...options, env: { FDREACTOR_BINARY: '', ...env } });
  if (outcome.code !== 0 || outcome.reports.length !== 1) {
    throw new Error(`import ended with ${outcome.code ?? outcome.signal}\n${outcome.stdout}\n${outcome.stderr}`);
  }
  return outcome.reports[0];
}

/** Imports it where that must fail. */
export async function failureOf(folder: string, options: ChildOptions = {}): Promise<Failure> {
  const report = await importOf(folder, options);
  if (report.code === undefined) throw new Error('the import went well');
  return report;
}
