// @ts-check
// `npm run bench:c10k` measures the curve from one to ten thousand connections, for the Reactor and every peer. The
// points are tables of trials/c10k.mjs, measured as `npm run bench` measures its own. This file does what a long run
// needs: it saves the run after each point, resumes it, and draws the curves, which `--docs` puts into the
// documentation. Exit codes: 0 measured, 1 something failed, 2 wrong usage.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findProgram } from '../scripts/shared/apt.mjs';
import { buildPrograms } from './harness/build.mjs';
import { help, parseOptions, resumedOptions } from './harness/c10k-options.mjs';
import { C10kState } from './harness/c10k-state.mjs';
import { describeMachine } from './harness/machine.mjs';
import { measureAll } from './harness/measure.mjs';
import { plan } from './harness/plan.mjs';
import { chooseCores, stopEverythingAtExit } from './harness/processes.mjs';
import { installLine, isMissing, requirements } from './harness/requirements.mjs';
import { writeDocs } from './report/c10k-docs.mjs';
import { curvesOf, withGrowth } from './report/curves.mjs';
import { resultsFolder, writeReport } from './report/files.mjs';
import { summarise } from './report/summary.mjs';
import { renderTable, renderTargets } from './report/terminal.mjs';
import { c10kTables } from './trials/c10k.mjs';

/** @typedef {import('./harness/c10k-options.mjs').Options} Options */
/** @typedef {import('./harness/measure.mjs').Planned} Planned */

/**
 * Its settings, after the first line of what tells its version.
 * @param {import('./harness/types.mjs').Driver} driver
 */
function describe({ version, settings = '' }) {
  if (version === undefined) return settings;
  const [command, ...args] = version;
  const { stdout, stderr } = spawnSync(findProgram(command) ?? command, args, { encoding: 'utf8' });
  return `${`${stdout}${stderr}`.split('\n')[0]}; ${settings}`;
}

/**
 * @param {Planned[]} planned
 * @param {Options} options
 * @param {{ machine: object, omitted: string[], problems: string[] }} run
 */
function report(planned, options, { machine, omitted, problems }) {
  const tables = withGrowth(planned.map(summarise));
  for (const table of tables) console.log(`\n${renderTable(table)}`);
  console.log(`\n${renderTargets(tables) ?? ''}`);
  const { command, rounds, warmupMs, windowMs } = options;
  const measured = options.peers.filter(({ name }) => tables.some(({ rows }) => rows.some((row) => row.name === name)));
  const settings = Object.fromEntries(measured.map((driver) => [driver.name, describe(driver)]));
  const curves = curvesOf(tables);
  const title = 'fdreactor: the C10K curve';
  const content = /** @type {import('./report/c10k-docs.mjs').C10kReport} */ ({
    ...{ title, machine, command, options: { rounds, warmupMs, windowMs }, settings, tables, omitted, problems },
  });
  const written = writeReport(content, Object.values(curves).flat(), options.smoke ? 'c10k-smoke-' : 'c10k-');
  console.log(`\nAll figures: ${written.json}\nWith plots:  ${written.html}`);
  if (options.smoke) console.log(`As in docs:  ${writeDocs(content, resultsFolder)}`);
}

/** The failures that are no results. @param {Planned} planned */
const problemsOf = ({ table, rows, failures }) =>
  rows
    .filter(({ name, mayStop }) => failures.has(name) && !mayStop)
    .map(({ name }) => `${table.name}, ${name}: ${failures.get(name)}`);

/** @param {Options} options */
async function run(options) {
  const { planned, omitted, missing } = plan(c10kTables(options.connections, options.peers));
  for (const line of new Set(omitted.map((text) => text.replace(/^[^,]*, /, '')))) console.log(`left out  ${line}`);
  if (missing.length > 0) console.log(`To have them all: ${installLine(missing)}`);
  if (planned.length === 0) throw new Error('Nothing can be measured.');
  const state = options.smoke ? null : C10kState.open(options);
  const left = planned.filter((entry) => !state?.restore(entry));
  const cores = chooseCores();
  if (cores.shared) console.log('Only one core may be used: server and load share it, and latencies mean little.');
  const all = /** @type {import('./harness/requirements.mjs').Requirement[]} */ (Object.keys(requirements));
  buildPrograms(all.filter((name) => !isMissing(name)));

  const directory = mkdtempSync(path.join(os.tmpdir(), 'fdreactor-bench-'));
  stopEverythingAtExit();
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  const machine = state?.machine ?? describeMachine(cores);
  const { warmupMs, windowMs } = options;
  const bench = { cores, directory, warmupMs, windowMs };
  await measureAll(left, bench, options.rounds, (entry) => state?.keep(entry, machine));
  const problems = planned.flatMap(problemsOf); // those from before an interruption too
  report(planned, options, { machine, omitted, problems });
  for (const problem of problems) console.error(`FAILED    ${problem}`);
  return problems.length > 0 ? 1 : 0;
}

/** The options, or the exit code where there is nothing to measure. @returns {Options | number} */
function readOptions() {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options === 'help') {
      console.log(help());
      return 0;
    }
    if (options === 'docs') {
      console.log(`Written: ${writeDocs()} (docs/README.md has to link it)`);
      return 0;
    }
    return options.resume ? resumedOptions(C10kState.optionsKept()) : options;
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    return 2;
  }
}

try {
  const options = readOptions();
  process.exitCode = typeof options === 'number' ? options : await run(options);
} catch (error) {
  console.error(/** @type {Error} */ (error).message);
  process.exitCode = 1;
}
