// @ts-check
// `npm run bench` measures the Reactor beside its peers and prints the ratios. This file chooses what this machine
// can measure, runs the rounds and reports. trials/ says how each table is measured, peers/ how each peer starts.
// Exit codes: 0 measured, 1 something failed (an error, wrong bytes, too few operations), 2 wrong usage.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildPrograms } from './harness/build.mjs';
import { describeMachine } from './harness/machine.mjs';
import { measureAll } from './harness/measure.mjs';
import { help, parseOptions } from './harness/options.mjs';
import { plan } from './harness/plan.mjs';
import { chooseCores, stopEverythingAtExit } from './harness/processes.mjs';
import { installLine, isMissing } from './harness/requirements.mjs';
import { writeReport } from './report/files.mjs';
import { summarise } from './report/summary.mjs';
import { renderTable, renderTargets } from './report/terminal.mjs';
import accept from './trials/accept.mjs';
import broadcast from './trials/broadcast.mjs';
import cores from './trials/cores.mjs';
import dispatch from './trials/dispatch.mjs';
import echo from './trials/echo.mjs';
import echoConnection from './trials/echo-connection.mjs';
import files from './trials/files.mjs';
import heap from './trials/heap.mjs';
import http from './trials/http.mjs';
import httpConnection from './trials/http-connection.mjs';
import idle from './trials/idle.mjs';
import messages from './trials/messages.mjs';
import adopt from './trials/node/adopt.mjs';
import net from './trials/node/net.mjs';
import nodeSendFile from './trials/node/send-file.mjs';
import tunnel from './trials/node/tunnel.mjs';
import proxy from './trials/proxy.mjs';
import async from './trials/styles/async.mjs';
import chat from './trials/styles/chat.mjs';
import timers from './trials/timers.mjs';
import udp from './trials/udp.mjs';
import wake from './trials/wake.mjs';

/** @typedef {import('./harness/types.mjs').Table<any>} Table */
/** @typedef {import('./harness/options.mjs').Options} Options */

/** @type {Table[]} */
const allTables = [
  ...[
    ...echo,
    ...echoConnection,
    ...http,
    ...httpConnection,
    ...broadcast,
    ...chat,
    ...files,
    ...proxy,
    ...tunnel,
    ...adopt,
    ...net,
    ...heap,
    ...idle,
    ...async,
  ],
  ...[...cores, ...udp, ...accept, ...timers, ...wake, ...dispatch, ...messages, ...nodeSendFile],
];

/**
 * @param {ReturnType<typeof plan>} planned
 * @param {Options} options
 * @param {import('./harness/types.mjs').Bench} bench
 */
async function run({ planned, omitted, missing }, options, bench) {
  const machine = describeMachine(bench.cores);
  if (bench.cores.shared)
    console.log('Only one core may be used: server and load share it, and latencies mean little.');
  if (planned.some(({ table }) => table.requires.includes('cc'))) buildPrograms(isMissing('libuv') ? [] : ['libuv']);
  const problems = await measureAll(planned, bench, options.rounds);
  const measured = planned.filter(({ samples }) => samples.size > 0);
  const tables = measured.map(summarise);
  for (const table of tables) console.log(`\n${renderTable(table)}`);
  if (!options.smoke) console.log(`\n${renderTargets(tables) ?? ''}`);
  const { rounds, warmupMs, windowMs, quick, smoke } = options;
  const title = 'fdreactor benchmark';
  const written = writeReport({
    title,
    machine,
    options: { rounds, warmupMs, windowMs, quick, smoke },
    tables,
    omitted,
    problems,
  });
  console.log(`\nAll figures: ${written.json}\nWith plots:  ${written.html}`);
  for (const line of omitted) console.log(`left out  ${line}`);
  if (missing.length > 0) console.log(`To have them all: ${installLine(missing)}`);
  for (const problem of problems) console.error(`FAILED    ${problem}`);
  return problems.length > 0 ? 1 : 0;
}

/** The options, or null where there is nothing to measure: help was asked for, or the usage was wrong. */
function readOptions() {
  try {
    const options = parseOptions(process.argv.slice(2), allTables);
    if (options === null) console.log(help(allTables));
    return options;
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    process.exitCode = 2;
    return null;
  }
}

async function main() {
  const options = readOptions();
  if (options === null) return process.exitCode ?? 0;
  const planned = plan(options.tables, options);
  if (planned.planned.length === 0) {
    for (const line of planned.omitted) console.error(line);
    console.error(`Nothing can be measured. Install what is missing: ${installLine(planned.missing)}`);
    return 1;
  }
  const directory = mkdtempSync(path.join(os.tmpdir(), 'fdreactor-bench-'));
  stopEverythingAtExit();
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  const { warmupMs, windowMs, smoke } = options;
  return run(planned, options, { cores: chooseCores(), directory, warmupMs, windowMs, smoke });
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(/** @type {Error} */ (error).message);
  process.exitCode = 1;
}
