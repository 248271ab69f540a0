// @ts-check
// Measures the C10K curve: hello world over HTTP/1.1 on connections that stay open, from one to ten thousand. A table
// is a point of a series: with all connections active, or with one in a hundred at a time.
import { checkResponse } from '../load/http-check.mjs';
import { runHttpLoad } from '../load/http-load.mjs';
import { runWrk } from '../load/wrk.mjs';
import apacheEvent from '../peers/http/apache-event.mjs';
import apachePrefork from '../peers/http/apache-prefork.mjs';
import apacheWorker from '../peers/http/apache-worker.mjs';
import bun from '../peers/http/bun.mjs';
import epoll from '../peers/http/epoll.mjs';
import go from '../peers/http/go.mjs';
import javaNio from '../peers/http/java-nio.mjs';
import net from '../peers/http/net.mjs';
import netty from '../peers/http/netty.mjs';
import nginx from '../peers/http/nginx.mjs';
import node from '../peers/http/node.mjs';
import processes from '../peers/http/processes.mjs';
import reactor from '../peers/http/reactor.mjs';
import threads from '../peers/http/threads.mjs';
import uws from '../peers/http/uws.mjs';

/** @typedef {import('../harness/types.mjs').Driver} Driver */
/** @typedef {import('../harness/types.mjs').Bench} Bench */
/** @typedef {import('../harness/types.mjs').Server} Server */
/** @typedef {import('../harness/types.mjs').Sample} Sample */
/** @typedef {'all' | 'idle'} Series */

/** @type {Driver[]} */
export const peers = [
  ...[epoll, reactor, nginx, uws, bun, node, net, go, javaNio, netty],
  ...[apacheEvent, apacheWorker, apachePrefork, threads, processes],
];

export const MEMORY = 'bytes/connection';
const body = Buffer.from('Hello, World!\n');
/** Load before each window, until all connections are in step. */
const SETTLE_MS = 150;
/**
 * A window is at least so long for each active connection: every one is answered many times, or p99 is told by a few
 * turns.
 */
export const WINDOW_MS_EACH = 0.2;
/** Connections of the warm-up: the code is the same, and 10,000 take their time to connect. */
const WARMUP_CONNECTIONS = 64;
/** What wrk gets more for each connection. */
const WRK_CONNECT_MS = 0.2;
/** Targets hold from here. */
const CROWD = 100;

/** @type {Record<Series, { title: string, active: (connections: number) => number }>} */
export const series = {
  all: { title: 'all active', active: (connections) => connections },
  idle: {
    title: 'one in a hundred active, at most 64',
    active: (connections) => Math.min(64, Math.max(1, Math.round(connections / 100))),
  },
};

/**
 * Does it; where it fails, with what the server said of its own end.
 * @template T
 * @param {Server} server
 * @param {() => Promise<T>} act
 */
async function explained(server, act) {
  try {
    return await act();
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    const reason = message.replace(/^.* ended with \w+: (error: )?/s, ''); // the load's, without its command line
    const said = server.said().replace(/^error: /, '');
    throw new Error(said === '' ? reason : `${reason} (the server: ${said})`);
  }
}

/**
 * wrk's own count of the same thing, its connecting included: it confirms the count of http_load.
 * @param {Server} server
 * @param {Bench} bench
 * @param {number} connections
 */
async function countByWrk({ port }, { cores, windowMs }, connections) {
  const url = `http://127.0.0.1:${port}/hello`;
  const durationMs = windowMs + connections * WRK_CONNECT_MS;
  const { operations, seconds } = await runWrk({ core: cores.load, url, connections, durationMs });
  return operations / seconds;
}

/** @param {Driver} driver @param {Bench} bench @param {Series} name @param {number} connections */
async function open(driver, bench, name, connections) {
  const active = series[name].active(connections);
  const windowMs = Math.max(bench.windowMs, active * WINDOW_MS_EACH);
  const load = { connections, active, settleMs: SETTLE_MS, windowMs };
  /**
   * What the server holds without connections; one that made its processes beforehand holds them for the connections.
   */
  let idleBytes = driver.sized ? 0 : undefined;

  /** @param {Server} server @returns {Promise<Sample>} */
  async function measure(server) {
    const url = `http://127.0.0.1:${server.port}/hello`;
    await checkResponse(url, body);
    const {
      memoryBefore,
      memoryHeld,
      processes: count,
      errors: _,
      firstError: __,
      ...sample
    } = await runHttpLoad(server, bench, load);
    await checkResponse(url, body);
    idleBytes ??= memoryBefore;
    const notes = { [MEMORY]: (memoryHeld - /** @type {number} */ (idleBytes)) / connections, processes: count };
    return { ...sample, value: (sample.cpuSeconds / sample.operations) * 1e6, notes, problems: [] };
  }

  if (driver.sized) {
    return {
      async measure() {
        const server = await driver.start(bench, load);
        try {
          return await explained(server, () => measure(server));
        } finally {
          await server.stop();
        }
      },
    };
  }
  const server = await driver.start(bench, load);
  const crossCheck = name === 'all' && !driver.mayStop;
  let first = true;
  return {
    async warmUp() {
      const few = Math.min(connections, WARMUP_CONNECTIONS);
      const warming = { connections: few, active: few, settleMs: 0, windowMs: driver.jit ? bench.warmupMs : SETTLE_MS };
      await explained(server, () => runHttpLoad(server, bench, warming));
    },
    async measure() {
      const sample = await explained(server, () => measure(server));
      if (first && crossCheck)
        sample.notes = { ...sample.notes, 'wrk rate/s': await countByWrk(server, bench, connections) };
      first = false;
      return sample;
    },
    close: server.stop,
  };
}

/** @param {number} connections @returns {import('../harness/types.mjs').Target[]} */
function targetsAt(connections) {
  if (connections < CROWD) return [];
  const row = reactor.name;
  return [
    { row, against: nginx.name, atMost: 1.15 },
    { row, against: uws.name, atMost: 1.15 },
    { row, against: node.name, atMost: 0.5 },
    ...(connections >= 10_000
      ? [/** @type {const} */ ({ row, against: nginx.name, atMost: 1.3, figure: 'p99Us' })]
      : []),
  ];
}

/**
 * A table for each point.
 * @param {number[]} counts of connections
 * @param {Driver[]} rows
 * @returns {import('../harness/types.mjs').Table<Driver>[]}
 */
export function c10kTables(counts, rows) {
  const names = /** @type {Series[]} */ (Object.keys(series));
  return names.flatMap((name) =>
    counts.map((connections) => ({
      name: `${name}-${connections}`,
      suite: name,
      title: `${connections.toLocaleString('en')} connections, ${series[name].active(connections).toLocaleString('en')} active`,
      unit: 'us CPU/request',
      requires: /** @type {import('../harness/types.mjs').Requirement[]} */ (['cc', 'make', 'wrk']),
      connections,
      rows,
      open: (/** @type {Driver} */ driver, /** @type {Bench} */ bench) => open(driver, bench, name, connections),
      targets: targetsAt(connections),
    })),
  );
}
