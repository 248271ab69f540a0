// @ts-check
// bench/harness/ has what every suite needs: options, the plan, the rounds, processes, requirements.
//
// Builds the compiled programs of the bench (servers and loads) with make. It is quick when nothing has changed.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Where a built program is. @param {string} name */
export const built = (name) => fileURLToPath(new URL(`../build/${name}`, import.meta.url));

/** What needs more than a C compiler: each is a goal of the Makefile. */
const EXTRAS = /** @type {const} */ (['libuv', 'go', 'java', 'netty']);

/**
 * @param {readonly import('./requirements.mjs').Requirement[]} available what is installed: the goals among it are
 *     built too
 */
export function buildPrograms(available) {
  const folder = fileURLToPath(new URL('../c', import.meta.url));
  const goals = ['all', ...EXTRAS.filter((goal) => available.includes(goal))];
  const { status, stderr, error } = spawnSync('make', ['-s', '-C', folder, ...goals], { encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`the programs of the bench did not build:\n${stderr}`);
}
