// The list of tests that were not made on this platform, each by name and reason. Test files run in processes of their
// own, so the list is a file, named by FDREACTOR_NOT_RUN_FILE; global-setup.ts makes it and prints it at the end.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { platformName } from './platform.js';

export const NOT_RUN_FILE = 'FDREACTOR_NOT_RUN_FILE';

export function noteNotRun(name: string, reason: string): void {
  const file = process.env[NOT_RUN_FILE];
  const line = `not run on ${platformName}: ${name}: ${reason}`;
  if (file === undefined) console.log(line);
  else appendFileSync(file, `${line}\n`);
}

export function notedIn(file: string): string[] {
  if (!existsSync(file)) return [];
  return [...new Set(readFileSync(file, 'utf8').trim().split('\n'))].filter((line) => line !== '').sort();
}
