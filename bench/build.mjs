// @ts-check
// Builds the C programs of the bench (the floor, the libuv server, the load) with make; quick when nothing has changed.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Where a built program is. @param {string} name */
export const built = (name) => fileURLToPath(new URL(`build/${name}`, import.meta.url));

/** @param {{ libuv: boolean }} options */
export function buildPrograms({ libuv }) {
  const folder = fileURLToPath(new URL('c', import.meta.url));
  const goals = libuv ? ['all', 'libuv_echo'] : ['all'];
  const { status, stderr, error } = spawnSync('make', ['-s', '-C', folder, ...goals], { encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`the C programs of the bench did not build:\n${stderr}`);
}
