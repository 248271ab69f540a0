// @ts-check
// clang-tidy over the C and C++ sources, as many at once as there are cores: what it looks for is in .clang-tidy.
// Headers are looked at through the sources that include them.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { text } from 'node:stream/consumers';
import { nodeFolder } from './node-headers.mjs';
import { root, sourceFiles } from './sources.mjs';

/** @param {string} file @param {string} headers @returns {Promise<boolean>} whether it is clean */
async function tidy(file, headers) {
  const standard = file.endsWith('.c') ? 'gnu11' : 'c++17';
  const flags = [`-std=${standard}`, '-Wall', '-Wextra', '-isystem', headers];
  const child = spawn('clang-tidy', ['--quiet', file, '--', ...flags], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  /** @type {Promise<number | null>} */
  const ended = new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  const [findings, errors, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (status !== 0) console.error(`${findings}${errors}`.trim());
  return status === 0;
}

const headers = `${nodeFolder()}/include/node`;
const waiting = sourceFiles(/^(native|bench)\/.*\.(cc|c)$/);
let failures = 0;

async function work() {
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (!(await tidy(file, headers))) failures++;
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, work));
process.exitCode = failures > 0 ? 1 : 0;
