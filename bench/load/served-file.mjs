// @ts-check
// Makes the files that the file servers serve. They have random bytes, so that a wrong part is found.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Makes the file in the folder of the bench if it is not there yet. @param {string} directory @param {number} bytes */
export function servedFile(directory, bytes) {
  const name = `${bytes}.bin`;
  const file = path.join(directory, name);
  if (!existsSync(file)) writeFileSync(file, randomBytes(bytes));
  return { path: `/${name}`, body: readFileSync(file) };
}

export const KB = 1000;
export const MB = 1000 * KB;
