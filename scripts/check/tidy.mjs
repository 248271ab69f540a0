// @ts-check
// clang-tidy over the C and C++ sources, as many at once as there are cores: what it looks for is in .clang-tidy.
// Headers are looked at through the sources that include them. Those of Windows are read with mingw-w64's headers,
// those of kqueue with libkqueue's; what needs headers that are not installed here is named as not looked at.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { text } from 'node:stream/consumers';
import { nodeFolder } from '../shared/node-headers.mjs';
import { root, sourceFiles } from '../shared/sources.mjs';

const windowsPattern = /^native\/sys\/(\w+_windows|iocp|operation\w*|overlapped\w*)\.cc$/;
const mingw = '/usr/x86_64-w64-mingw32/include';
const mingwCxx = '/usr/lib/gcc/x86_64-w64-mingw32/12-posix/include/c++';
const windowsFlags = [
  '--target=x86_64-w64-mingw32',
  '-D_WIN32_WINNT=0x0A00',
  ...[mingwCxx, `${mingwCxx}/x86_64-w64-mingw32`, mingw].flatMap((folder) => ['-isystem', folder]),
];
const kqueuePattern = /^native\/sys\/(kqueue\w*|\w+_kqueue)\.cc$/;
/**
 * Only macOS and the BSDs have what these include: `npm run build:prebuilds` compiles them, with every warning an
 * error.
 */
const bsdPattern = /^native\/sys\/\w+_bsd\.cc$/;
const kqueueFlags = spawnSync('pkg-config', ['--cflags', 'libkqueue'], { encoding: 'utf8' });
// Windows' own functions take numbers as pointers and give pointers as numbers.
const windowsChecks = '--checks=-performance-no-int-to-ptr';

/** @param {string} file @param {string} headers @returns {Promise<boolean>} whether it is clean */
async function tidy(file, headers) {
  const standard = file.endsWith('.c') ? 'gnu11' : 'c++17';
  const isWindows = windowsPattern.test(file);
  const own = isWindows ? windowsFlags : ['-isystem', headers, ...(kqueueFlags.stdout ?? '').trim().split(/\s+/)];
  const flags = [`-std=${standard}`, '-Wall', '-Wextra', ...own.filter((flag) => flag !== '')];
  const options = ['--quiet', ...(isWindows ? [windowsChecks] : [])];
  const child = spawn('clang-tidy', [...options, file, '--', ...flags], {
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
const hasMingw = existsSync(mingw) && existsSync(mingwCxx);
const sources = sourceFiles(/^(native|bench)\/.*\.(cc|c)$/);
/** @param {string} file */
function lacksHeaders(file) {
  if (bsdPattern.test(file)) return true;
  return (windowsPattern.test(file) && !hasMingw) || (kqueuePattern.test(file) && kqueueFlags.status !== 0);
}

const waiting = sources.filter((file) => !lacksHeaders(file));
const left = sources.filter(lacksHeaders);
if (left.length > 0) console.log(`not looked at, their headers are not installed: ${left.join(' ')}`);
let failures = 0;

async function work() {
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (!(await tidy(file, headers))) failures++;
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, work));
process.exitCode = failures > 0 ? 1 : 0;
