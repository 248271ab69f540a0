// @ts-check
// Runs files of Node's suite, some at a time, each in a process of its own as Node's runner does.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

const PRELOAD = fileURLToPath(new URL('preload.cjs', import.meta.url));
const LIMIT_MS = 60_000;

/** @typedef {{ file: string, passed: boolean, why: string }} Outcome */

/** The files of the suite, as `parallel/test-net-x.js`. @param {string} tests Node's folder test/ */
export function filesOf(tests) {
  return ['parallel', 'sequential'].flatMap((folder) =>
    readdirSync(`${tests}/${folder}`)
      .filter((name) => /^test-net-.*\.m?js$/.test(name))
      .sort()
      .map((name) => `${folder}/${name}`),
  );
}

/** The flags that the file asks for in a comment. @param {string} path */
function flagsOf(path) {
  const [, flags = ''] = /^\/\/ Flags: (.*)$/m.exec(readFileSync(path, 'utf8')) ?? [];
  return flags.split(' ').filter(Boolean);
}

/**
 * @param {string} tests @param {string} file @param {string} module @param {number} thread which of those at a time
 * @returns {Promise<Outcome>}
 */
function runOne(tests, file, module, thread) {
  const path = `${tests}/${file}`;
  const env = {
    ...process.env,
    NODE_NET: module,
    TEST_THREAD_ID: `${thread}`,
    NODE_TEST_DIR: mkdtempSync(`${tmpdir()}/node-net-`),
  };
  const args = ['--require', PRELOAD, ...flagsOf(path), path];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      process.kill(-(child.pid ?? 0), 'SIGKILL');
    }, LIMIT_MS);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      rmSync(env.NODE_TEST_DIR, { recursive: true, force: true });
      const why = late ? `not over after ${LIMIT_MS} ms` : `exit ${code ?? signal}`;
      resolve({ file, passed: code === 0, why: `${why}\n${output}` });
    });
  });
}

/**
 * @param {string} tests @param {string[]} files @param {string} module a path that can be required
 * @param {(outcome: Outcome) => void} tell
 */
export async function runFiles(tests, files, module, tell) {
  const left = files.filter((file) => existsSync(`${tests}/${file}`));
  const parallel = left.filter((file) => file.startsWith('parallel/'));
  const sequential = left.filter((file) => !file.startsWith('parallel/'));
  const work = async (/** @type {string[]} */ queue, /** @type {number} */ thread) => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift())
      tell(await runOne(tests, file, module, thread));
  };
  await Promise.all([1, 2, 3, 4].map((thread) => work(parallel, thread)));
  await work(sequential, 1);
}
