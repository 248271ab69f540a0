// @ts-check
// `npm run test:wine [-- options] [files]`: builds the add-on for Windows and runs the tests on it, in Windows' own node.exe
// under Wine; `-- --help` says which options there are. What it needs it installs (Wine and mingw-w64 by
// apt-get, node.exe and the packages by npm). The last line says `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { need } from './apt.mjs';
import { tool } from './run.mjs';
import { root, sourceFiles } from './sources.mjs';
import { derivePrefix, endPrefix, hasWine, runInWine, windowsPath } from './wine.mjs';
import { cache, nodeForWindows, packagesForWindows, removeUnused, winePrefix } from './wine-cache.mjs';
import { readOptions, usage } from './wine-options.mjs';
import { outcomeOf, printFailures } from './wine-report.mjs';

const versions = ['20.20.2', '22.22.2'];
const folder = `${cache}/run-${process.pid}`;
const tree = `${folder}/tree`;
/** Sends the events of a console; see test/helpers/fixtures/raise.mjs. */
const controlEvent = `${folder}/control-event.exe`;
const prefix = `${folder}/prefix`;

/** @param {string} command @param {string[]} args */
function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
}

/** A copy of the project as it would be on Windows, so that the one here can be worked on meanwhile. @param {boolean} ubsan @param {string} packages */
function stage(ubsan, packages) {
  for (const file of sourceFiles(/./)) cpSync(`${root}/${file}`, `${tree}/${file}`, { recursive: true });
  const addOn = ubsan ? `${root}/build-win32-ubsan/fdreactor.node` : `${root}/prebuilds/win32-x64/fdreactor.node`;
  cpSync(addOn, `${tree}/prebuilds/win32-x64/fdreactor.node`);
  symlinkSync(packages, `${tree}/node_modules`);
  for (const project of [tree, `${tree}/examples`]) run(tool('tsc'), ['-p', project]);
}

/** @param {boolean} ubsan @param {boolean} build */
async function prepare(ubsan, build) {
  if (!hasWine()) need({ '/usr/lib/wine/wine64': 'wine64' });
  need({ 'x86_64-w64-mingw32-gcc': 'g++-mingw-w64-x86-64' });
  if (build) run(process.execPath, ['scripts/build-win32.mjs', ...(ubsan ? ['--ubsan'] : [])]);
  removeUnused();
  rmSync(folder, { recursive: true, force: true });
  stage(ubsan, await packagesForWindows());
  const source = `${tree}/test/helpers/fixtures/control-event.c`;
  run('x86_64-w64-mingw32-gcc', ['-O1', '-static', source, '-o', controlEvent]);
  derivePrefix({ from: await winePrefix(), to: prefix, temp: `${folder}/temp` });
}

/** One run of vitest. @param {{ name: string, node: string, timeoutMs: number, args: string[] }} options */
async function runVitest({ name, node, timeoutMs, args }) {
  const results = `${folder}/${name}`;
  const report = `--outputFile.json=${windowsPath(`${results}/report.json`)}`;
  mkdirSync(results, { recursive: true });
  const code = await runInWine({
    prefix,
    command: [
      ...[node, '--no-deprecation', 'node_modules/vitest/vitest.mjs', 'run'],
      ...['--reporter=default', '--reporter=json', report, ...args],
    ],
    cwd: tree,
    log: `${results}/log`,
    timeoutMs,
    env: {
      FDREACTOR_WINE: '1',
      FDREACTOR_NOT_RUN_FILE: windowsPath(`${results}/not-run`),
      FDREACTOR_CONTROL_EVENT: windowsPath(controlEvent),
      NO_COLOR: '1',
    },
  });
  return outcomeOf(results, tree, code);
}

/** The tests on one Node, and the files that failed once more if that is wished. @param {{ name: string, node: string, timeoutMs: number, rest: string[], again: boolean }} options */
async function testOn({ name, node, timeoutMs, rest, again }) {
  const started = performance.now();
  const { passed, files, failures, notRun } = await runVitest({ name, node, timeoutMs, args: rest });
  let lasting = failures;
  const failedFiles = [...new Set(failures.map(({ file }) => file))].filter((file) => file !== '');
  if (again && failedFiles.length > 0) {
    const args = ['--maxWorkers=1', ...failedFiles];
    const second = await runVitest({ name: `${name}-again`, node, timeoutMs, args });
    lasting = [...failures.filter(({ file }) => file === ''), ...second.failures];
  }
  const flaky = failures.filter((one) => !lasting.some(({ file, test }) => file === one.file && test === one.test));
  printFailures('FAIL', lasting);
  printFailures('FLAKY', flaky);
  const sum = { passed: passed + flaky.length, failed: lasting.length };
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`${name}: ${sum.passed} of ${sum.passed + sum.failed} tests passed (${files} files, ${seconds} s)`);
  return { ...sum, notRun };
}

async function main() {
  const { nodes, repeat, ubsan, build, help, ...options } = readOptions(versions);
  if (help) return console.log(usage);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      endPrefix(prefix);
      process.exit(1);
    });
  }
  await prepare(ubsan, build);
  let passed = 0;
  let failed = 0;
  const notRun = new Set();
  for (let round = 1; round <= repeat; round++) {
    for (const version of nodes) {
      const name = `node-${version}${repeat > 1 ? `-round-${round}` : ''}`;
      const sum = await testOn({ name, node: await nodeForWindows(version), ...options });
      passed += sum.passed;
      failed += sum.failed;
      for (const line of sum.notRun) notRun.add(line);
    }
  }
  endPrefix(prefix);
  for (const line of notRun) console.log(line);
  if (failed === 0) rmSync(folder, { recursive: true });
  else console.log(`the logs are in ${folder}`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  endPrefix(prefix);
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = 1;
}
