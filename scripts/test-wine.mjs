// @ts-check
// `npm run test:wine [-- options] [files]`: builds the add-on for Windows and runs the tests on it, in Windows' own node.exe
// under Wine. What it needs it installs (Wine and mingw-w64 by apt-get, node.exe and the packages by npm).
//   --node 20       only that version; otherwise all of `versions`
//   --ubsan         an add-on that ends the process at the first undefined behaviour
//   --repeat N      as often
//   --no-build      with the add-on that was built last
//   --minutes N     for one run of the tests, after which it is ended
//   -t NAME         only tests of that name; it and whatever else there is goes to vitest
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { need } from './apt.mjs';
import { tool } from './run.mjs';
import { root, sourceFiles } from './sources.mjs';
import { derivePrefix, endPrefix, runInWine, windowsPath } from './wine.mjs';
import { cache, nodeForWindows, packagesForWindows, winePrefix } from './wine-cache.mjs';
import { report } from './wine-report.mjs';

const versions = ['20.20.2', '22.22.2'];

/** What is ours; the rest is vitest's, in its order. */
function readOptions() {
  const options = /** @type {const} */ ({
    node: { type: 'string', multiple: true },
    ubsan: { type: 'boolean' },
    repeat: { type: 'string', default: '1' },
    build: { type: 'boolean', default: true },
    minutes: { type: 'string', default: '30' },
  });
  const { values, tokens } = parseArgs({ options, strict: false, allowNegative: true, tokens: true });
  const args = process.argv.slice(2);
  const own = new Set();
  for (const token of tokens) {
    if (token.kind !== 'option' || !(token.name in options)) continue;
    own.add(token.index);
    if (token.value !== undefined && !token.inlineValue) own.add(token.index + 1);
  }
  const wanted = values.node === undefined ? versions : [values.node].flat().map(String);
  const chosen = wanted.map((name) => versions.find((version) => `${version}.`.startsWith(`${name}.`)) ?? name);
  return {
    nodes: chosen,
    ubsan: values.ubsan === true,
    repeat: Number(values.repeat),
    build: values.build === true,
    timeoutMs: Number(values.minutes) * 60_000,
    rest: args.filter((_, index) => !own.has(index)),
  };
}

/** @param {string} command @param {string[]} args */
function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
}

/** A copy of the project as it would be on Windows: what is in work here does not get in the way. @param {string} tree @param {boolean} ubsan @param {string} packages */
function stage(tree, ubsan, packages) {
  for (const file of sourceFiles(/./)) cpSync(`${root}/${file}`, `${tree}/${file}`, { recursive: true });
  const addOn = ubsan ? `${root}/build-win32-ubsan/fdreactor.node` : `${root}/prebuilds/win32-x64/fdreactor.node`;
  cpSync(addOn, `${tree}/prebuilds/win32-x64/fdreactor.node`);
  symlinkSync(packages, `${tree}/node_modules`);
  for (const project of ['.', 'examples']) run(tool('tsc'), ['-p', `${tree}/${project}`]);
}

/** Folders of runs that failed are kept for a day, to be looked at. */
function removeOldRuns() {
  const yesterday = Date.now() - 24 * 3600 * 1000;
  for (const name of existsSync(cache) ? readdirSync(cache) : []) {
    if (!/^run-|\.\d+$/.test(name) || statSync(`${cache}/${name}`).mtimeMs > yesterday) continue;
    rmSync(`${cache}/${name}`, { recursive: true, force: true });
  }
}

/**
 * One run of vitest.
 * @param {{ folder: string, name: string, node: string, rest: string[], timeoutMs: number }} options
 * @returns {Promise<{ passed: number, failed: number }>}
 */
async function runTests({ folder, name, node, rest, timeoutMs }) {
  const tree = `${folder}/tree`;
  const results = `${folder}/${name}`;
  mkdirSync(results, { recursive: true });
  const reporters = [
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${windowsPath(`${results}/report.json`)}`,
  ];
  const started = performance.now();
  const code = await runInWine({
    prefix: `${folder}/prefix`,
    command: [node, '--no-deprecation', 'node_modules/vitest/vitest.mjs', 'run', ...reporters, ...rest],
    cwd: tree,
    log: `${results}/log`,
    timeoutMs,
    env: {
      FDREACTOR_WINE: '1',
      FDREACTOR_NOT_RUN_FILE: windowsPath(`${results}/not-run`),
      NO_COLOR: '1',
    },
  });
  return report({ results, tree, name, code, seconds: (performance.now() - started) / 1000 });
}

async function main() {
  const { nodes, ubsan, repeat, build, timeoutMs, rest } = readOptions();
  need({ '/usr/lib/wine/wine64': 'wine64', 'x86_64-w64-mingw32-gcc': 'g++-mingw-w64-x86-64' });
  if (build) run(process.execPath, ['scripts/build-win32.mjs', ...(ubsan ? ['--ubsan'] : [])]);
  removeOldRuns();
  const packages = await packagesForWindows();
  const template = await winePrefix();
  const folder = `${cache}/run-${process.pid}`;
  rmSync(folder, { recursive: true, force: true });
  stage(`${folder}/tree`, ubsan, packages);
  derivePrefix({ from: template, to: `${folder}/prefix`, temp: `${folder}/temp` });
  const end = () => endPrefix(`${folder}/prefix`);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      end();
      process.exit(1);
    });
  }
  let passed = 0;
  let failed = 0;
  try {
    for (let round = 1; round <= repeat; round++) {
      for (const version of nodes) {
        const name = `node-${version}${repeat > 1 ? `-round-${round}` : ''}`;
        const node = await nodeForWindows(version);
        const sum = await runTests({ folder, name, node, rest, timeoutMs });
        passed += sum.passed;
        failed += sum.failed;
      }
    }
  } finally {
    end();
  }
  if (failed === 0) rmSync(folder, { recursive: true });
  else console.log(`the logs are in ${folder}`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

await main();
