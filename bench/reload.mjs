// @ts-check
// `npm run bench:reload` reloads servers of several worker processes under load, and counts what fails. The connections
// are of every kind in equal parts: keep-alive without a pause, with 20 ms of thinking, one request a connection,
// pipelined, bodies that come slowly. bench/README.md describes the method.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from './harness/machine.mjs';
import { childrenOf, chooseCores, stopEverythingAtExit } from './harness/processes.mjs';
import { installLine, isMissing, requirements } from './harness/requirements.mjs';
import { CLIENT_KINDS, HttpClients } from './load/http-clients.mjs';
import { until } from './load/until.mjs';
import { reloadedServers } from './peers/reload.mjs';
import { writeResult } from './report/files.mjs';
import { formatNumber, render } from './report/terminal.mjs';

/** @typedef {import('./peers/reload.mjs').Reloaded} Reloaded */
/** @typedef {import('./harness/types.mjs').Bench} Bench */

const help = `npm run bench:reload -- [options]

  --connections <n>   how many, of five kinds (1000)
  --reloads <n>       one after the other (10)
  --smoke             50 connections and two reloads: does it still work
  --help              this text`;

const SMOKE = { connections: 50, reloads: 2 };
/** Between two reloads each connection has had an answer, on the average. */
const LOAD_TIMEOUT_MS = 30_000;
/** The next reload comes when the workers of before have ended, and no later than this. */
const RELOAD_TIMEOUT_MS = 5000;

/** Reloads a server. Resolves to how many workers of before are left after the time for it. @param {number} pid */
async function reload(pid) {
  const before = childrenOf(pid);
  const left = () => childrenOf(pid).filter((child) => before.includes(child)).length;
  process.kill(pid, 'SIGHUP');
  await until(RELOAD_TIMEOUT_MS, () => left() === 0);
  return left();
}

/** @param {Reloaded} server @param {Bench} bench @param {{ connections: number, reloads: number }} size */
async function measure({ name, start }, bench, { connections, reloads }) {
  const server = await start(bench);
  const clients = new HttpClients(server.port, connections, CLIENT_KINDS);
  const goesOn = async () => {
    const { answered } = clients;
    if (await until(LOAD_TIMEOUT_MS, () => clients.answered >= answered + connections)) return;
    throw new Error(`${name} does not answer any more: ${clients.failures.at(-1)}`);
  };
  let workersLeft = 0;
  try {
    await goesOn();
    clients.resetGap();
    for (let i = 0; i < reloads; i++) {
      workersLeft += await reload(server.pid);
      await goesOn();
    }
  } finally {
    clients.destroy();
    await server.stop();
  }
  const { answered, failures, reconnected, longestGapMs } = clients;
  const resets = failures.filter((failure) => failure.includes('ECONNRESET')).length;
  return { name, answered, failed: failures.length, resets, reconnected, longestGapMs, workersLeft, failures };
}

/** @param {{ connections: number, reloads: number }} size @param {boolean} isSmoke */
async function main(size, isSmoke) {
  stopEverythingAtExit();
  const directory = mkdtempSync(path.join(os.tmpdir(), 'fdreactor-bench-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  const bench = { cores: chooseCores(), directory, warmupMs: 0, windowMs: 0, smoke: isSmoke };
  const machine = describeMachine(bench.cores);
  const results = [];
  for (const server of reloadedServers) {
    const missing = server.requires.filter(isMissing);
    if (missing.length === 0) results.push(await measure(server, bench, size));
    else {
      const what = missing.map((name) => requirements[name].what).join(' and ');
      console.log(`not run: ${server.name}: ${what} missing: ${installLine(missing)}`);
    }
  }
  const rows = results.map(({ name, answered, failed, resets, reconnected, longestGapMs, workersLeft }) => ({
    '': name,
    'failed requests': formatNumber(failed),
    'of them reset': formatNumber(resets),
    answered: formatNumber(answered),
    'connections anew': formatNumber(reconnected),
    'longest gap': `${formatNumber(longestGapMs)} ms`,
    'workers left after 5 s': formatNumber(workersLeft),
  }));
  console.log(render(`${size.reloads} reloads under ${size.connections} connections`, rows));
  console.log(`All figures: ${writeResult('reload', { machine, ...size, results })}`);
  const own = results.find(({ name }) => name === reloadedServers[0]?.name);
  if (own === undefined || own.failed > 0) process.exitCode = 1;
}

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '1000' },
    reloads: { type: 'string', default: '10' },
    smoke: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const size = { connections: Number(values.connections), reloads: Number(values.reloads) };
if (values.help) console.log(help);
else if (!(Number.isInteger(size.connections) && size.connections > 0 && Number.isInteger(size.reloads))) {
  console.error('--connections and --reloads are numbers; npm run bench:reload -- --help tells more');
  process.exitCode = 2;
} else await main(values.smoke ? SMOKE : size, values.smoke);
