// @ts-check
// `node scripts/check/tidy.mjs [--all] [FILES]` runs clang-tidy, as many at once as there are cores, with the checks of
// .clang-tidy. It looks at the sources that the branch changes, or that include a changed header; in CI (CI=true) and
// with --all, at every source. Windows sources are read with mingw-w64's headers, kqueue sources with libkqueue's. It
// names the sources that it skips because their headers are not installed.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { branchFiles } from '../shared/changes.mjs';
import { nodeFolder } from '../shared/node-headers.mjs';
import { root, sourceFiles } from '../shared/sources.mjs';

const windowsPattern = /^native\/sys\/windows\/(?!port\/afd\.cc|streams\/afd_streams\.cc)/;
const mingw = '/usr/x86_64-w64-mingw32/include';
const mingwCxx = '/usr/lib/gcc/x86_64-w64-mingw32/12-posix/include/c++';
const windowsFlags = [
  '--target=x86_64-w64-mingw32',
  '-D_WIN32_WINNT=0x0A00',
  ...[mingwCxx, `${mingwCxx}/x86_64-w64-mingw32`, mingw].flatMap((folder) => ['-isystem', folder]),
];
const kqueuePattern = /^native\/sys\/kqueue\//;
/**
 * Only macOS and the BSDs have what these include: `npm run build:prebuilds` compiles them, with every warning an
 * error.
 */
const bsdPattern = /^native\/sys\/bsd\//;
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
const allSources = sourceFiles(/^(native|bench)\/.*\.(cc|c)$/);

/** Adds to changed files the sources that include one of them, directly or not. @param {readonly string[]} changed */
function affectedBy(changed) {
  const affected = new Set(changed);
  const files = sourceFiles(/^(native|bench)\/.*\.(cc|c|h)$/);
  for (let before = -1; before < affected.size; ) {
    before = affected.size;
    const headers = [...affected].filter((file) => file.endsWith('.h')).map((file) => path.posix.basename(file));
    for (const file of files) {
      const text = readFileSync(`${root}/${file}`, 'utf8');
      const includes = [...text.matchAll(/#\s*include\s*"([^"]+)"/g)].map(([, name = '']) => path.posix.basename(name));
      if (includes.some((name) => headers.includes(name))) affected.add(file);
    }
  }
  return allSources.filter((file) => affected.has(file));
}

/** The sources to look at. A change of the rules, or a build for everyone, takes all of them. */
function chosenSources() {
  const named = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
  if (named.length > 0) return affectedBy(named);
  const changed = process.env.CI === 'true' || process.argv.includes('--all') ? null : branchFiles();
  if (changed === null || changed.some((file) => file.endsWith('.clang-tidy'))) return allSources;
  return affectedBy(changed);
}

const sources = chosenSources();
if (sources.length < allSources.length)
  console.log(`${sources.length} of ${allSources.length} sources: those that changed`);
/** @param {string} file */
function lacksHeaders(file) {
  if (bsdPattern.test(file)) return true;
  return (windowsPattern.test(file) && !hasMingw) || (kqueuePattern.test(file) && kqueueFlags.status !== 0);
}

const waiting = sources.filter((file) => !lacksHeaders(file));
const left = sources.filter(lacksHeaders);
if (left.length > 0) console.log(`skipped, their headers are not installed: ${left.join(' ')}`);
let failures = 0;

async function work() {
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (!(await tidy(file, headers))) failures++;
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, work));
process.exitCode = failures > 0 ? 1 : 0;
