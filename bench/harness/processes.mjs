// @ts-check
// Starts and stops the measured programs. Each runs in a process group of its own, pinned to a core. The bench ends
// all groups that remain, whichever way it ends.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const START_TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_MS = 3000;

/**
 * `group` is the process group that all of its processes are in; `said` is what it wrote to stderr last.
 * @typedef {{ pid: number, group: number, port: number, said: () => string, stop: () => Promise<void> }} Server
 */

/** Leaders of the process groups that are running. @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/** The cores that this process may use: the server has the first for itself, the load the second. */
export function chooseCores() {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  const cores = list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
  return { server: cores[0], load: cores[1] ?? cores[0], shared: cores.length < 2 };
}

/** @param {NodeJS.Signals} signal @param {import('node:child_process').ChildProcess} child */
function signalGroup(child, signal) {
  try {
    process.kill(-(/** @type {number} */ (child.pid)), signal);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error; // it has just ended by itself
  }
}

function killAll() {
  for (const child of running) signalGroup(child, 'SIGKILL');
  running.clear();
}

/** Ends everything when the bench ends: by itself, by an exception or by a signal. */
export function stopEverythingAtExit() {
  process.on('exit', killAll);
  for (const [signal, number] of /** @type {const} */ ([
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ])) {
    process.on(signal, () => process.exit(128 + number));
  }
}

/** Of what a program said on its way out, the line that matters. @param {string} text */
function gist(text) {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? '';
}

/** Starts a program on a core. @param {number | string} core @param {string} command @param {string[]} args */
const spawnPinned = (core, command, args) => spawnGroup('taskset', ['-c', String(core), command, ...args]);

/**
 * Starts a program in a process group of its own.
 * @param {string} command @param {string[]} args @param {{ talks?: boolean }} [options] whether its stdin stays open
 */
export function spawnGroup(command, args, { talks = false } = {}) {
  const child = spawn(command, args, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => {}); // it has ended, and waiting for it reports that
  if (!talks) child.stdin.end();
  running.add(child);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors = (errors + text).slice(-4096);
  });
  /** @type {Promise<number | NodeJS.Signals | null>} */
  const ended = new Promise((resolve, reject) => {
    child.on('error', (error) => {
      running.delete(child);
      reject(error);
    });
    child.on('close', (code, signal) => {
      running.delete(child);
      resolve(signal ?? code);
    });
  });
  return {
    child,
    ended,
    kill: () => signalGroup(child, 'SIGKILL'),
    describe: () => `${command} ${args.join(' ')}`,
    errors: () => gist(errors) || 'it said nothing',
    said: () => gist(errors),
  };
}

/**
 * Runs a program on a core to its end and gives what it wrote; a failure is an exception with what it said.
 * @param {number} core @param {string} command @param {string[]} args @param {{ interruptAfterMs?: number }} [options]
 */
export async function runProgram(core, command, args, { interruptAfterMs } = {}) {
  const { child, ended, describe, errors } = spawnPinned(core, command, args);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  const timer = interruptAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGINT'), interruptAfterMs);
  const code = await ended;
  clearTimeout(timer);
  if (code !== 0) throw new Error(`${describe()} ended with ${code}: ${errors()}`);
  return output;
}

/**
 * Starts a server on a core and waits for its `listening on 127.0.0.1:PORT`, or, where it does not say so, for `ready`.
 * @param {number | string} core or several, as taskset(1) has them @param {string} command @param {string[]} args
 * @param {(pid: number, signal: AbortSignal) => Promise<number>} [ready] resolves to the port; is told when to give up
 * @param {number} [timeoutMs]
 * @returns {Promise<Server>}
 */
export async function startServer(core, command, args, ready, timeoutMs = START_TIMEOUT_MS) {
  const { child, ended, describe, errors, said } = spawnPinned(core, command, args);
  let stopping = false;
  const early = ended.then((code) => {
    if (!stopping) throw new Error(`${describe()} ended with ${code}: ${errors()}`);
    return 0;
  });
  early.catch(() => {}); // waiting for it reports the error; after the start, the load does
  const timeout = deadline(timeoutMs, () => new Error(`${describe()} did not start: ${errors()}`));
  const start = new AbortController();
  const pid = /** @type {number} */ (child.pid);
  const port = ready === undefined ? announcedPort(child) : ready(pid, start.signal);
  const stop = async () => {
    stopping = true;
    signalGroup(child, 'SIGTERM');
    const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  };
  try {
    return { pid, group: pid, port: await Promise.race([port, early, timeout.expired]), said, stop };
  } catch (error) {
    start.abort();
    await stop();
    throw error;
  } finally {
    timeout.cancel();
  }
}

/**
 * The processes that a process with one thread has started.
 * @param {number} pid
 * @returns {number[]} none if it has ended
 */
export function childrenOf(pid) {
  try {
    const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return list === '' ? [] : list.split(' ').map(Number);
  } catch (error) {
    if (!['ENOENT', 'ESRCH'].includes(/** @type {NodeJS.ErrnoException} */ (error).code ?? '')) throw error;
    return [];
  }
}

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<number>} */
async function announcedPort(child) {
  const lines = createInterface({ input: /** @type {import('node:stream').Readable} */ (child.stdout) });
  return new Promise((resolve) => {
    lines.on('line', (line) => {
      const port = /listening on 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
  });
}

/** @param {number} delayMs @param {() => Error} makeError */
function deadline(delayMs, makeError) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  /** @type {Promise<never>} */
  const expired = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(makeError()), delayMs);
  });
  return { expired, cancel: () => clearTimeout(timer) };
}
