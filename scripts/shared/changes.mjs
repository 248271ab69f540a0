// @ts-check
// Lists the files that the contributor has changed, as git sees them. A deleted file is not listed.
import { spawnSync } from 'node:child_process';
import { root, sourceFiles } from './sources.mjs';

/** Runs git and splits its output into lines. @param {string[]} args @returns {string[] | null} null if git fails */
function git(...args) {
  const { status, stdout } = spawnSync('git', ['-c', 'safe.directory=*', ...args], { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.split('\n').filter((line) => line !== '') : null;
}

/** @param {string} commit @returns {string[]} what differs from it, and new files */
function changedSince(commit) {
  const differing = git('diff', '--name-only', '--no-renames', commit) ?? [];
  const untracked = git('ls-files', '--others', '--exclude-standard') ?? [];
  const names = new Set([...differing, ...untracked]);
  return sourceFiles(/./).filter((file) => names.has(file));
}

/** Lists the files that the index would commit. */
export function stagedFiles() {
  const names = new Set(git('diff', '--cached', '--name-only', '--no-renames') ?? []);
  return sourceFiles(/./).filter((file) => names.has(file));
}

/** Lists uncommitted changes. */
export const uncommittedFiles = () => changedSince('HEAD');

/**
 * Lists the changes that the upstream branch lacks, committed or not.
 * @returns {string[] | null} null without an upstream
 */
export function branchFiles() {
  const bases = ['@{upstream}', 'origin/main'].map((branch) => git('merge-base', 'HEAD', branch)?.[0]);
  const base = bases.find((commit) => commit !== undefined);
  return base === undefined ? null : changedSince(base);
}
