// @ts-check
// The project's own source files, as git sees them: tracked, or new and not ignored. Every check asks here which files
// there are, so that none has a list of its own.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/**
 * Paths relative to the root, sorted.
 * @param {RegExp} pattern
 */
export function sourceFiles(pattern) {
  // Whoever owns the checkout: git would refuse to list another user's, such as a container's.
  const git = ['-c', 'safe.directory=*', 'ls-files', '--cached', '--others', '--exclude-standard'];
  const listing = execFileSync('git', git, { cwd: root });
  const names = new Set(listing.toString().split('\n'));
  return [...names].filter((name) => pattern.test(name) && existsSync(`${root}/${name}`)).sort();
}

export const scriptPattern = /\.(ts|mts|mjs|js|cjs)$/;
export const nativePattern = /\.(cc|c|h)$/;
