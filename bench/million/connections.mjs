// @ts-check
// Measures one million connections, or as many as asked for: one server process with one Reactor
// (programs/holder.mjs), and as many clients (c/load/hold_load.c) as the limit of open files requires. It connects,
// measures the cost, sends a message over every connection, then loads one in a hundred for some seconds.
import { fileURLToPath } from 'node:url';
import { built } from '../harness/build.mjs';
import { readCpu } from '../harness/cpu.mjs';
import { memoryOfEach } from '../programs/own-memory.mjs';
import { cachesOfEach, kernelMemory } from './kernel-memory.mjs';
import { LineProcess } from './line-process.mjs';

/** @typedef {import('./types.mjs').ConnectionsTask} Task */
/** @typedef {import('./types.mjs').ConnectionsResult} Result */
/** @typedef {import('./types.mjs').Tell} Tell */

/** Fds that a process has open beside its connections, as `fdreactor doctor` counts them. */
export const SPARE_FDS = 64;
/** One in so many is active under load. */
const ACTIVE_STRIDE = 100;
/** Connections that are there before memory is measured: what is made once, with the first ones, is not counted. */
const FIRST = 100;
/** Progress is told so often, where that is not too often. */
const STEPS = 100;
const LEAST_STEP = 2000;
/** Source addresses that each client may use, of 10,000 connections each. */
const SOURCES = 1000;

const holder = fileURLToPath(new URL('../programs/holder.mjs', import.meta.url));

/** The program, with as many open files as may be. @param {number} openFiles @param {string[]} commandLine */
const withOpenFiles = (openFiles, ...commandLine) => [
  'sh',
  '-c',
  'ulimit -n "$0" && exec "$@"',
  String(openFiles),
  ...commandLine,
];

/** The clients, as one. */
class Clients {
  #processes = /** @type {LineProcess[]} */ ([]);
  #sizes = /** @type {number[]} */ ([]);
  /** @type {string[]} */
  problems = [];

  /** @param {number} port @param {number} openFiles */
  constructor(port, openFiles) {
    this.port = port;
    this.openFiles = openFiles;
    this.room = openFiles - SPARE_FDS;
  }

  get count() {
    return this.#processes.length;
  }

  get connections() {
    return this.#sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Opens so many more; what one process cannot hold goes to the next. @param {number} count */
  async connect(count) {
    for (let left = count; left > 0 && this.problems.length === 0; ) {
      const last = this.#processes.length - 1;
      const room = this.room - (this.#sizes[last] ?? this.room);
      if (room === 0) this.#start();
      else left -= await this.#connectBy(last, Math.min(room, left));
    }
  }

  #start() {
    const source = this.#processes.length * SOURCES;
    const commandLine = withOpenFiles(this.openFiles, built('hold_load'), String(this.port), String(source));
    this.#processes.push(new LineProcess(commandLine));
    this.#sizes.push(0);
  }

  /** @param {number} index @param {number} count @returns {Promise<number>} */
  async #connectBy(index, count) {
    const before = this.#sizes[index];
    const answer = await this.#processes[index].ask(`connect ${count}`);
    this.#note(answer);
    this.#sizes[index] = answer.connections;
    return answer.connections - before;
  }

  /** @param {{ errors: number, firstError: string }} answer */
  #note({ errors, firstError }) {
    if (errors > 0) this.problems.push(`${errors} errors; the first: ${firstError}`);
  }

  /** A message over every connection. @param {(answered: number) => void} tell */
  async ping(tell) {
    const sum = { answered: 0, seconds: 0 };
    const step = Math.max(LEAST_STEP, Math.ceil(this.connections / STEPS));
    for (const [index, size] of this.#sizes.entries()) {
      for (let first = 0; first < size && this.problems.length === 0; first += step) {
        const answer = await this.#processes[index].ask(`ping ${first} ${Math.min(step, size - first)}`);
        this.#note(answer);
        sum.answered += answer.answered;
        sum.seconds += answer.seconds;
        tell(sum.answered);
      }
    }
    return sum;
  }

  /** Messages over one connection in so many, from all processes at once. @param {number} windowMs */
  async load(windowMs) {
    const answers = await Promise.all(this.#processes.map((one) => one.ask(`load ${ACTIVE_STRIDE} ${windowMs}`)));
    for (const answer of answers) this.#note(answer);
    return {
      answered: answers.reduce((sum, { answered }) => sum + answered, 0),
      seconds: Math.max(...answers.map(({ seconds }) => seconds)),
    };
  }

  active() {
    return this.#sizes.reduce((sum, size) => sum + Math.ceil(size / ACTIVE_STRIDE), 0);
  }

  async end() {
    await Promise.all(this.#processes.map((one) => one.end()));
  }
}

/** @param {Clients} clients @param {Task} task @param {Tell} tell */
async function connectAll(clients, { connections, leaveBytes }, tell) {
  const step = Number.isFinite(connections) ? Math.max(LEAST_STEP, Math.ceil(connections / STEPS)) : LEAST_STEP * 5;
  const start = process.hrtime.bigint();
  const first = kernelMemory().available;
  while (clients.connections < connections && clients.problems.length === 0) {
    const { available } = kernelMemory();
    if (available < leaveBytes) {
      if (Number.isFinite(connections)) clients.problems.push(`memory for ${clients.connections} connections only`);
      break;
    }
    await clients.connect(Math.min(step, connections - clients.connections));
    const done = clients.connections;
    // Where there is no number to reach, memory tells how far it is.
    const guess = Math.round((done * (first - leaveBytes)) / Math.max(1, first - available));
    tell({ what: 'connected', done, total: Number.isFinite(connections) ? connections : Math.max(done, guess) });
  }
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/** @param {Clients} clients @param {number} pid of the server @param {number} windowMs */
async function measureActive(clients, pid, windowMs) {
  const before = readCpu(pid);
  const { answered, seconds } = await clients.load(windowMs);
  const after = readCpu(pid);
  const user = after.userSeconds - before.userSeconds;
  const system = after.systemSeconds - before.systemSeconds;
  return {
    connections: clients.active(),
    roundTrips: answered,
    seconds,
    serverCpuSeconds: after.cpuSeconds - before.cpuSeconds,
    userShare: user + system === 0 ? 0 : user / (user + system),
  };
}

/**
 * @param {LineProcess} server
 * @param {Clients} clients
 * @param {Task} task
 * @param {Tell} tell
 * @returns {Promise<Result>}
 */
async function measure(server, clients, task, tell) {
  const idleBefore = await server.ask('idle-turn');
  await clients.connect(Math.min(FIRST, task.connections));
  const first = clients.connections;
  const before = { kernel: kernelMemory(), server: await server.ask('memory') };
  const connectSeconds = await connectAll(clients, task, tell);
  const added = Math.max(1, clients.connections - first);
  const after = { kernel: kernelMemory(), server: await server.ask('memory') };

  const total = clients.connections;
  const tellPinged = (/** @type {number} */ done) => tell({ what: 'a message over every connection', done, total });
  tellPinged(0);
  const pinged = await clients.ping(tellPinged);
  tell({ what: 'load over 1 %', done: 0, total });
  const active = await measureActive(clients, server.pid, task.windowMs);
  tell({ what: 'load over 1 %', done: total, total });
  const idleAfter = await server.ask('idle-turn');
  const end = await server.ask('memory');

  const problems = [...clients.problems];
  if (pinged.answered !== total) problems.push(`${pinged.answered} of ${total} connections answered`);
  if (end.connections !== total || end.lost > 0)
    problems.push(`the server has ${end.connections} connections, of which it lost ${end.lost}`);
  const userSpace = memoryOfEach(before.server.memory, after.server.memory, added);
  return {
    connections: total,
    clients: clients.count,
    connectSeconds,
    pinged,
    active,
    userSpace,
    serverBytes: { resident: after.server.memory.resident, proportional: after.server.memory.proportional },
    kernelPair: {
      slab: (after.kernel.slab - before.kernel.slab) / added,
      // Less what the server took for itself; the client takes four bytes.
      available: (before.kernel.available - after.kernel.available) / added - userSpace.residentBytes,
      caches: cachesOfEach(before.kernel, after.kernel, added),
    },
    idleTurn: { none: idleBefore.nanoseconds, all: idleAfter.nanoseconds },
    problems,
  };
}

/** @param {Task} task @param {Tell} tell @returns {Promise<Result>} */
export async function holdConnections(task, tell) {
  const server = new LineProcess(withOpenFiles(task.openFiles, process.execPath, '--expose-gc', holder));
  try {
    const { port } = await server.next();
    const clients = new Clients(port, task.openFiles);
    try {
      return await measure(server, clients, task, tell);
    } finally {
      await clients.end();
    }
  } finally {
    await server.end();
  }
}
