// @ts-check
// `npm run test:wine [-- options] [files]` builds the add-on for Windows and runs the tests on it under Wine, in
// Windows' own node.exe. `-- --help` lists the options. It installs what it needs: Wine by apt-get, the compiler,
// node.exe and the packages by npm. The last line is `N passed, N failed`.
import { mkdirSync, rmSync } from 'node:fs';
import { writeTable } from '../docs/portability.mjs';
import { ensureInstalled } from '../shared/apt.mjs';
import { removeUnused } from '../shared/cache.mjs';
import { root } from '../shared/sources.mjs';
import { compileForWindows } from '../shared/zig.mjs';
import { runHere, stage } from './staged-tree.mjs';
import { outcomeOf, printSummary, runTests } from './vitest-report.mjs';
import { cache, nodeForWindows, packagesForWindows, winePrefix } from './wine-cache.mjs';
import { readOptions, usage } from './wine-options.mjs';
import { derivePrefix, endPrefix, hasWine, runInWine, windowsPath } from './wine-process.mjs';

/** The first runs all tests. The others run what rests on Node's loop: the raw layer is the same binary in each. */
const versions = ['20.20.2', '22.22.2'];
const besideNode = ['test/contract/attach', 'test/node', 'test/windows'];
const folder = `${cache}/run-${process.pid}`;
const tree = `${folder}/tree`;
/** Sends the events of a console; see test/helpers/fixtures/raise.mjs. */
const controlEvent = `${folder}/control-event.exe`;
const prefix = `${folder}/prefix`;

/** @param {boolean} ubsan @param {boolean} build */
async function prepare(ubsan, build) {
  if (!hasWine()) ensureInstalled({ '/usr/lib/wine/wine64': 'wine64' });
  if (build) runHere(process.execPath, ['scripts/prebuild/all.mjs', 'win32-x64', ...(ubsan ? ['--ubsan'] : [])]);
  removeUnused(cache);
  rmSync(folder, { recursive: true, force: true });
  const addOn = ubsan
    ? `${root}/build-win32-x64-ubsan/Release/fdreactor.node`
    : `${root}/prebuilds/win32-x64/fdreactor.node`;
  stage({ tree, packages: await packagesForWindows(), prebuilds: { 'win32-x64/fdreactor.node': addOn } });
  const source = `${tree}/test/helpers/fixtures/control-event.c`;
  await compileForWindows(['-O1', source, '-o', controlEvent]);
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
  return outcomeOf(results, windowsPath(tree), code);
}

async function main() {
  const { nodes, repeat, ubsan, build, write, help, timeoutMs, rest, again } = readOptions(versions);
  if (help) return console.log(usage);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      endPrefix(prefix);
      process.exit(1);
    });
  }
  await prepare(ubsan, build);
  const results = [];
  for (let round = 1; round <= repeat; round++) {
    for (const version of nodes) {
      const name = `node-${version}${repeat > 1 ? `-round-${round}` : ''}`;
      const node = await nodeForWindows(version);
      const chosen = rest.length > 0 || version === nodes[0] ? rest : besideNode;
      const run = (/** @type {string} */ name, /** @type {string[]} */ args = chosen) =>
        runVitest({ name, node, timeoutMs, args });
      const runtime = `Node.js ${version}`;
      const outcome = await runTests({ name, again, run });
      results.push({ runtime, platform: 'win32-x64, under Wine', attach: 'a waiting thread', ...outcome });
    }
  }
  endPrefix(prefix);
  if (write) writeTable('wine', results);
  printSummary(results, folder);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  endPrefix(prefix);
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = 1;
}
