// @ts-check
// `npm run test:runtimes [-- options] [runtimes] [files]` runs the tests on the prebuilt binaries in other runtimes.
// `-- --help` lists the options. The last line is `N passed, N failed`.
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { writeTable } from '../docs/portability.mjs';
import { targets } from '../prebuild/targets.mjs';
import { removeUnused } from '../shared/cache.mjs';
import { root } from '../shared/sources.mjs';
import { cache, runtimes } from './runtime-list.mjs';
import { runHere, stage } from './staged-tree.mjs';
import { outcomeOf, printSummary, runTests } from './vitest-report.mjs';

const usage = `npm run test:runtimes [-- options] [runtimes] [files]
  runtimes       only those, of: ${runtimes.map(({ name }) => name).join(' ')}
  files          only those tests; otherwise each runtime's own
  -t NAME        only tests of that name
  --write        makes the table of docs/portability.md anew, of a run of everything
  --again        runs a file that failed once more, by itself. A test that passes then is FLAKY and fails the run,
                 unless test/quarantine.json names its file. The default where the variable CI is true
  --no-build     with the binaries that were built last`;

/** For one runtime's tests. Under qemu, on a loaded machine, they take more than ten minutes. */
const timeoutMs = 1_800_000;
const folder = `${cache}/run-${process.pid}`;
const tree = `${folder}/tree`;
const vitestProgram = 'node_modules/vitest/vitest.mjs';

/** The machines whose binaries are tested. */
const tested = targets.filter(({ name }) => runtimes.some(({ platform }) => platform === name));

/** @typedef {import('./runtime-list.mjs').Runtime} Runtime */
/** @typedef {import('./runtime-list.mjs').Start} Start */

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    allowNegative: true,
    options: {
      testNamePattern: { type: 'string', short: 't' },
      write: { type: 'boolean', default: false },
      again: { type: 'boolean', default: process.env.CI === 'true' },
      build: { type: 'boolean', default: true },
      help: { type: 'boolean', default: false },
    },
  });
  const chosen = runtimes.filter(({ name }) => positionals.includes(name));
  const files = positionals.filter((word) => !chosen.some(({ name }) => name === word));
  const pattern = values.testNamePattern === undefined ? [] : ['-t', values.testNamePattern];
  return { ...values, pattern, files, chosen: chosen.length > 0 ? chosen : runtimes };
}

/**
 * Runs a command to its end, with all it says in a file; returns its exit code, or why it was ended.
 * @param {string[]} command
 * @param {{ cwd: string, log: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<number | string>}
 */
async function runToEnd([program = '', ...args], { cwd, log, env }) {
  const output = openSync(log, 'a');
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', output, output], detached: true });
  const end = () => process.kill(-(child.pid ?? Number.NaN), 'SIGKILL');
  const timer = setTimeout(end, timeoutMs);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject).once('close', (code, signal) => resolve(code ?? signal ?? 1));
    });
  } finally {
    clearTimeout(timer);
    closeSync(output);
  }
}

/** One run of vitest. @param {{ start: Start, name: string, args: string[] }} options */
async function runVitest({ start, name, args }) {
  const results = `${folder}/${name}`;
  mkdirSync(results, { recursive: true });
  const { NODE_OPTIONS, ...inherited } = process.env;
  const env = {
    ...inherited,
    ...start.env,
    ...start.testEnv,
    NO_COLOR: '1',
    FDREACTOR_NOT_RUN_FILE: `${results}/not-run`,
  };
  const report = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}/report.json`];
  const {
    command: [program = ''],
    host,
  } = start;
  const vitest =
    host === undefined ? [...start.command, vitestProgram] : [...host, 'scripts/test/vitest-elsewhere.mjs', program];
  const command = [...vitest, 'run', ...report, ...args];
  const code = await runToEnd(command, { cwd: tree, log: `${results}/log`, env });
  return outcomeOf(results, tree, code);
}

/** @param {Runtime} runtime @param {{ files: string[], pattern: string[], again: boolean }} options */
async function testIn(runtime, { files, pattern, again }) {
  const start = await runtime.prepare(folder);
  const [program = '', ...args] = [...start.command, 'scripts/test/runtime-probe.mjs'];
  const env = { ...process.env, ...start.env };
  const host = JSON.parse(execFileSync(program, args, { cwd: tree, env, encoding: 'utf8' }));
  console.log(`${runtime.name}: ${host.name} ${host.version}, ${runtime.platform}, attach(): ${host.attach}`);
  const tests = files.length > 0 ? files : runtime.tests;
  /** @param {string} name @param {string[]} [args] */
  const run = (name, args = [...tests, ...pattern]) => runVitest({ start, name, args });
  const outcome = await runTests({ name: runtime.name, again, run });
  return { runtime: `${host.name} ${host.version}`, platform: runtime.platform, attach: host.attach, ...outcome };
}

async function main() {
  const { help, build, write, chosen, ...options } = readOptions();
  if (help) return console.log(usage);
  if (write && (chosen.length < runtimes.length || options.files.length + options.pattern.length > 0)) {
    throw new Error('--write is for a run of everything');
  }
  if (build) runHere('npm', ['run', '--silent', 'build:prebuilds', '--', ...tested.map(({ name }) => name)]);
  removeUnused(cache);
  rmSync(folder, { recursive: true, force: true });
  const prebuilds = tested.map(({ file }) => [file, `${root}/prebuilds/${file}`]);
  stage({ tree, packages: `${root}/node_modules`, prebuilds: Object.fromEntries(prebuilds) });
  const results = [];
  for (const runtime of chosen) results.push(await testIn(runtime, options));
  if (write) writeTable('runtimes', results);
  printSummary(results, folder);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = 1;
}
