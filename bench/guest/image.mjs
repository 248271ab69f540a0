// @ts-check
// Makes the guest's file system: the Node.js that runs this, busybox, the built package with its add-on, the bench,
// and the shared libraries of all these. It is an uncompressed cpio archive, which a kernel unpacks as its initramfs.
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, cpSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../../scripts/shared/apt.mjs';
import { built } from '../harness/build.mjs';
import { diagnose } from '../harness/doctor.mjs';
import { repository } from '../harness/requirements.mjs';

/** Where the package is in the guest. */
export const HOME = '/fdreactor';
const PACKAGE = ['package.json', 'dist', 'bench'];
const LEFT_OUT = path.join(repository, 'bench/results');
/** Of the bench's compiled programs, those that run in a guest. */
const COMPILED = ['hold_load', 'with_eventfds', 'watch_eventfds'];
const FOLDERS = ['bin', 'dev', 'proc', 'sys', 'tmp'];

/** The files that a program is linked with; none where it is static. @param {string} file */
function librariesOf(file) {
  const { stdout } = spawnSync('ldd', [file], { encoding: 'utf8' });
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, library]) => library);
}

/**
 * @param {string} folder a temporary one
 * @param {{ files: number, command: string }} task what the guest runs, and how many files each process of it may open
 * @returns {string} the archive
 */
export function makeImage(folder, { files, command }) {
  const root = path.join(folder, 'root');
  for (const name of FOLDERS) mkdirSync(path.join(root, name), { recursive: true });
  const put = (/** @type {string} */ from, /** @type {string} */ to) =>
    cpSync(from, path.join(root, to), { recursive: true, dereference: true, filter: (file) => file !== LEFT_OUT });
  const addOn = diagnose(1).addon.file;
  if (addOn === undefined) throw new Error('the package has no add-on here: npx fdreactor doctor says why');
  const busybox = /** @type {string} */ (findProgram('busybox'));
  const programs = [process.execPath, busybox, addOn, ...COMPILED.map(built)];
  for (const library of new Set(programs.flatMap(librariesOf))) put(library, library);
  put(process.execPath, 'bin/node');
  put(busybox, 'bin/busybox');
  for (const name of PACKAGE) put(path.join(repository, name), path.join(HOME, name));
  put(addOn, `${HOME}/fdreactor.node`);
  put(fileURLToPath(new URL('init', import.meta.url)), 'init');
  const task = `export FDREACTOR_BINARY=${HOME}/fdreactor.node\nFILES=${files}\nCOMMAND='${command}'\n`;
  writeFileSync(path.join(root, 'task'), task);

  const image = path.join(folder, 'guest.cpio');
  const names = execFileSync('find', ['.'], { cwd: root });
  const output = openSync(image, 'w');
  execFileSync(busybox, ['cpio', '-o', '-H', 'newc'], { cwd: root, input: names, stdio: ['pipe', output, 'ignore'] });
  closeSync(output);
  return image;
}
