// @ts-check
// Makes a built copy of the project, as it would be on another machine. The project here can change meanwhile, and no
// build/ hides the prebuilt binaries.
import { spawnSync } from 'node:child_process';
import { cpSync, symlinkSync } from 'node:fs';
import { tool } from '../shared/run.mjs';
import { root, sourceFiles } from '../shared/sources.mjs';

/**
 * Runs a command of the project, with its output, which must end well.
 * @param {string} command
 * @param {string[]} args
 * @param {string} [cwd]
 */
export function runHere(command, args, cwd = root) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
}

/**
 * @param {{ tree: string, packages: string, prebuilds: Record<string, string> }} options prebuilds: what is copied
 *     there, by its name
 */
export function stage({ tree, packages, prebuilds }) {
  for (const file of sourceFiles(/./)) cpSync(`${root}/${file}`, `${tree}/${file}`, { recursive: true });
  for (const [name, file] of Object.entries(prebuilds)) cpSync(file, `${tree}/prebuilds/${name}`);
  symlinkSync(packages, `${tree}/node_modules`);
  // As `npm run build:lib` does it, by this machine's tools: those in `packages` may be another's.
  runHere(tool('tsc'), ['-p', tree, '--emitDeclarationOnly']);
  runHere(tool('rolldown'), ['-c', `${root}/rolldown.config.mjs`, '--logLevel', 'warn'], tree);
  runHere(tool('tsc'), ['-p', `${tree}/examples`]);
}
