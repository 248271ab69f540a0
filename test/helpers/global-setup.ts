// Runs once before all test files: the package must have been built, and the message says how when it was not.
// Afterwards it lists the tests that this platform has no use for, each with the reason.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NOT_RUN_FILE, notedIn, noteNotRun } from './not-run.js';
import { filesNotRun, inDeno } from './platform.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

export function setup(): () => void {
  if (!existsSync(`${root}dist/index.js`)) throw new Error('dist/ is missing: run `npm run build:lib` first');
  if (!existsSync(`${root}build/Release`) && !existsSync(`${root}build/Debug`) && !existsSync(`${root}prebuilds`)) {
    throw new Error('the native add-on is missing: run `npm run build:native` first');
  }
  return listNotRun();
}

/** Who names the file prints it as well. */
function listNotRun(): () => void {
  const isNamed = process.env[NOT_RUN_FILE] !== undefined;
  const directory = isNamed ? undefined : mkdtempSync(join(tmpdir(), 'fdreactor-not-run-'));
  if (directory !== undefined) process.env[NOT_RUN_FILE] = join(directory, 'list');
  for (const [pattern, reason] of Object.entries(filesNotRun)) noteNotRun(pattern, reason);
  if (inDeno)
    noteNotRun('the leak check after each file, for epoll fds and eventfds', 'Deno closes those of its workers late');
  return () => {
    if (directory === undefined) return;
    for (const line of notedIn(join(directory, 'list'))) console.log(line);
    rmSync(directory, { recursive: true });
  };
}
