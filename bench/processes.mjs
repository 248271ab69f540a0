// @ts-check
// `npm run bench:processes` shows what worker processes carry, and what one of them takes along when it is killed:
// connections to four workers, as many as their fds allow, and then kills of a worker under HTTP load. bench/README.md
// describes the method.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine } from './harness/machine.mjs';
import { childrenOf, chooseCores, startServer, stopEverythingAtExit } from './harness/processes.mjs';
import { CLIENT_KINDS, HttpClients } from './load/http-clients.mjs';
import { until } from './load/until.mjs';
import { writeResult } from './report/files.mjs';
import { formatNumber, render } from './report/terminal.mjs';

const help = `npm run bench:processes -- [options]

  --connections <n>   to four worker processes (60000)
  --kills <n>         of a worker under load, one after the other (10)
  --smoke             400 connections and two kills: does it still work
  --help              this text`;

const SMOKE = { connections: 400, kills: 2 };
const WORKERS = 4;
/** As many as the workers: a process has so many fds, on either side. */
const CLIENT_PROCESSES = 4;
/** The source addresses of a process of clients. */
const SOURCES = 8;
const HTTP_CLIENTS = 200;
const LOAD_TIMEOUT_MS = 30_000;
/** After a kill: so many answers show that the load goes on. */
const ANSWERS_BETWEEN = 2000;

/** @typedef {{ connections: number, kills: number }} Size */
/** @typedef {import('./harness/processes.mjs').Server} Server */

/** @param {string} file */
const locate = (file) => fileURLToPath(new URL(file, import.meta.url));
/** Node's, on any core: processes that are many are the point. @param {string} file @param {string[]} args */
const startHere = (file, args) => startServer('0-1023', process.execPath, [locate(file), ...args]);

/** @param {Server} server @param {number} connections */
async function askEach(server, connections) {
  const each = Math.ceil(connections / CLIENT_PROCESSES);
  const children = Array.from({ length: CLIENT_PROCESSES }, (_, i) => {
    const count = Math.min(each, connections - i * each);
    return fork(locate('programs/asking-clients.mjs'), [server.port, count, 1 + i * SOURCES].map(String));
  });
  /** @returns {Promise<any[]>} */
  const nextOfEach = () => Promise.all(children.map((child) => Promise.race([message(child), failure(child)])));
  try {
    await nextOfEach();
    const told = nextOfEach();
    for (const child of children) child.send('ask');
    return await told;
  } finally {
    for (const child of children) if (child.connected) child.disconnect();
  }
}

/** @param {import('node:child_process').ChildProcess} child */
const message = async (child) => (await once(child, 'message'))[0];

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<never>} */
async function failure(child) {
  const [code] = await once(child, 'exit');
  throw new Error(`a process of clients ended with ${code}`);
}

/** @param {Size} size */
async function measureConnections({ connections }) {
  const server = await startHere('programs/echo-master.mjs', [String(WORKERS)]);
  try {
    const told = await askEach(server, connections);
    const workers = Array.from({ length: WORKERS }, (_, i) =>
      told.reduce((sum, { answers }) => sum + (answers[i] ?? 0), 0),
    );
    const failed = told.reduce((sum, one) => sum + one.failed, 0);
    return { connections, workers, answered: workers.reduce((sum, count) => sum + count, 0), failed };
  } finally {
    await server.stop();
  }
}

/**
 * How many sockets a process has: its connections, its listener, and what its master hears of it.
 * @param {number} pid
 */
const socketsOf = (pid) =>
  readdirSync(`/proc/${pid}/fd`).filter((fd) => linkOf(`/proc/${pid}/fd/${fd}`).startsWith('socket:')).length;

/** @param {string} file */
function linkOf(file) {
  try {
    return readlinkSync(file);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
    return ''; // closed since it was listed
  }
}

/** The worker with the most connections; the spare one has none. @param {number} master */
function busiestOf(master) {
  const workers = childrenOf(master).map((pid) => ({ pid, sockets: socketsOf(pid) }));
  return workers.reduce((one, other) => (other.sockets > one.sockets ? other : one));
}

/** @param {HttpClients} clients @param {number} more */
async function goesOn(clients, more) {
  const { answered } = clients;
  if (await until(LOAD_TIMEOUT_MS, () => clients.answered >= answered + more)) return;
  throw new Error(`the load does not go on: ${clients.failures.at(-1)}`);
}

/** @param {Size} size */
async function measureKills({ kills }) {
  const server = await startHere('../examples/dist/http-workers.js', ['0', '127.0.0.1', '2']);
  const clients = new HttpClients(server.port, HTTP_CLIENTS, CLIENT_KINDS);
  const each = [];
  try {
    await goesOn(clients, ANSWERS_BETWEEN);
    for (let i = 0; i < kills; i++) {
      const before = childrenOf(server.pid);
      const failures = clients.failures.length;
      clients.resetGap();
      const { pid, sockets } = busiestOf(server.pid);
      process.kill(pid, 'SIGKILL');
      await goesOn(clients, ANSWERS_BETWEEN);
      each.push({ sockets, failed: clients.failures.length - failures, gapMs: clients.longestGapMs });
      // The next one finds a spare worker again.
      await until(LOAD_TIMEOUT_MS, () => childrenOf(server.pid).filter((pid) => !before.includes(pid)).length > 0);
      await goesOn(clients, ANSWERS_BETWEEN);
    }
  } finally {
    clients.destroy();
    await server.stop();
  }
  const { answered, failures } = clients;
  const refused = failures.filter((what) => what.includes('ECONNREFUSED')).length;
  return { kills, clients: HTTP_CLIENTS, answered, failed: failures.length, refused, each, failures };
}

/** @param {number} count */
const written = (count) => count.toLocaleString('en');

/** @param {Size} size */
async function main(size) {
  stopEverythingAtExit();
  const machine = describeMachine(chooseCores());
  const held = await measureConnections(size);
  const counts = held.workers.map((count, i) => [`worker ${i}`, written(count)]);
  const total = { connections: written(held.connections), answered: written(held.answered) };
  const title = `Connections to ${WORKERS} processes, all open at once`;
  console.log(render(title, [{ ...total, ...Object.fromEntries(counts) }]));
  const killed = await measureKills(size);
  const rows = killed.each.map(({ sockets, failed, gapMs }, i) => ({
    kill: String(i + 1),
    'sockets of it': written(sockets),
    'of them failed': written(failed),
    'longest gap': `${formatNumber(gapMs)} ms`,
  }));
  console.log(render(`kill -9 of one of two workers under ${HTTP_CLIENTS} connections, with a spare one`, rows));
  console.log(`refused connections: ${killed.refused}`);
  console.log(`All figures: ${writeResult('processes', { machine, ...size, held, killed })}`);
  if (held.answered !== held.connections || held.failed > 0 || killed.refused > 0) process.exitCode = 1;
}

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '60000' },
    kills: { type: 'string', default: '10' },
    smoke: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const size = values.smoke ? SMOKE : { connections: Number(values.connections), kills: Number(values.kills) };
if (values.help) console.log(help);
else if (
  !(Number.isInteger(size.connections) && size.connections >= CLIENT_PROCESSES && Number.isInteger(size.kills))
) {
  console.error('--connections and --kills are numbers; npm run bench:processes -- --help tells more');
  process.exitCode = 2;
} else await main(size);
