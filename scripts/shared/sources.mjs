// @ts-check
// Lists the source files of the project as git sees them: tracked, or new and not ignored. Every check takes its
// files from here.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/**
 * Paths relative to the root, sorted.
 * @param {RegExp} pattern
 */
export function sourceFiles(pattern) {
  // git refuses to list the checkout of another user, such as a container's, without safe.directory.
  const git = ['-c', 'safe.directory=*', 'ls-files', '--cached', '--others', '--exclude-standard'];
  const listing = execFileSync('git', git, { cwd: root });
  const names = new Set(listing.toString().split('\n'));
  return [...names].filter((name) => pattern.test(name) && existsSync(`${root}/${name}`)).sort();
}

export const scriptPattern = /\.(ts|mts|mjs|js|cjs)$/;
export const nativePattern = /\.(cc|c|h)$/;
