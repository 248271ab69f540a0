// @ts-check
// Runs commands one after the other and prints a line for each. A failed command prints its output as well. .ci/run
// adds up the sum at the end.
import { spawnSync } from 'node:child_process';
import { root } from './sources.mjs';

/** @typedef {{ name: string, command: string, args: string[], env?: Record<string, string> }} Step */

/** @param {Step} step @returns {boolean} whether it passed */
function runStep({ name, command, args, env }) {
  const started = performance.now();
  const { status, error, signal, output } = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const passed = status === 0;
  console.log(`${passed ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`);
  if (!passed) console.log([...(output ?? []), error?.message, signal].filter(Boolean).join('\n'));
  return passed;
}

/** @param {Step[]} steps */
export function runAll(steps) {
  const passed = steps.filter(runStep).length;
  console.log(`${passed} passed, ${steps.length - passed} failed`);
  process.exitCode = passed === steps.length ? 0 : 1;
}

/** A tool of a development dependency. @param {string} name */
export const tool = (name) => `${root}/node_modules/.bin/${name}`;
