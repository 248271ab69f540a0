// Runs once before all test files: the package must have been built, and the message says how when it was not.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

export function setup(): void {
  if (!existsSync(`${root}dist/index.js`)) throw new Error('dist/ is missing: run `npm run build:lib` first');
  if (!existsSync(`${root}build/Release`) && !existsSync(`${root}build/Debug`) && !existsSync(`${root}prebuilds`)) {
    throw new Error('the native add-on is missing: run `npm run build:native` first');
  }
}
