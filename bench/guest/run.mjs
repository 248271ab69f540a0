// @ts-check
// bench/guest/ runs tasks of the bench in a virtual machine with limits of its own.
//
// Runs one task in a guest (see inside.mjs) and returns its result. Its memory must be free before it starts. The
// guest ends when it is done, at its time-out, or with the bench.
import { mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { spawnGroup } from '../harness/processes.mjs';
import { HOME, makeImage } from './image.mjs';

/** @typedef {import('./machines.mjs').Machine} Machine */

const MEBIBYTE = 1024 * 1024;
/** Memory of the host beside the guest: the guest's page tables, and the other processes. */
const HOST_MIB = 1024;
const LAST_LINES = 20;
/** What our lines begin with on the console. */
export const MARK = '@@ ';

/** What is free for a guest, in MiB. @param {Machine} machine */
export function freeMiB({ memoryFolder }) {
  const available = Number(/^MemAvailable:\s*(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) / 1024;
  const folder = memoryFolder === '' ? null : statfsSync(memoryFolder);
  const room = folder === null ? Number.POSITIVE_INFINITY : (folder.bavail * folder.bsize) / MEBIBYTE;
  return Math.floor(Math.min(available - HOST_MIB, room));
}

/**
 * @param {Machine} machine
 * @param {{ kind: 'connections' | 'registrations', parameters: object, files: number, memoryMiB: number, timeoutMs:
 *     number }} task
 * @param {import('../million/types.mjs').Tell} tell
 * @returns {Promise<{ result: any, machine: import('../million/types.mjs').Machine }>}
 */
export async function runInGuest(machine, { kind, parameters, files, memoryMiB, timeoutMs }, tell) {
  const free = freeMiB(machine);
  if (memoryMiB > free) {
    const where = machine.memoryFolder === '' ? '' : ` in memory and in ${machine.memoryFolder}`;
    throw new Error(`the guest is to have ${memoryMiB} MiB, and only ${free} MiB are free for it${where}`);
  }
  const folder = mkdtempSync(path.join(os.tmpdir(), 'fdreactor-guest-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    const given = JSON.stringify(parameters);
    const command = `node ${HOME}/bench/guest/inside.mjs ${kind} ${given}`;
    const image = makeImage(folder, { files, command });
    return await converse(await machine.commandLine(image, memoryMiB), timeoutMs, tell);
  } finally {
    process.off('exit', remove);
    remove();
  }
}

/** @param {string[]} commandLine @param {number} timeoutMs @param {import('../million/types.mjs').Tell} tell */
async function converse([command, ...args], timeoutMs, tell) {
  const { child, ended, kill, errors } = spawnGroup(command, args, { talks: true }); // the console wants an input
  /** @type {any} */
  let outcome = null;
  /** @type {string[]} */
  const problems = [];
  /** @type {string[]} */
  const last = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const at = line.indexOf(MARK);
    if (at < 0) {
      last.push(line.trim());
      if (last.length > LAST_LINES) last.shift();
      return;
    }
    const said = JSON.parse(line.slice(at + MARK.length));
    if (said.progress !== undefined) tell(said.progress);
    if (said.problem !== undefined) problems.push(said.problem);
    if (said.outcome !== undefined) outcome = said.outcome;
    if (said.outcome !== undefined) kill(); // closing everything properly would take minutes
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    kill();
  }, timeoutMs);
  const code = await ended;
  clearTimeout(timer);
  if (outcome === null) {
    const reason = late ? `was not through after ${Math.round(timeoutMs / 60_000)} minutes` : `ended with ${code}`;
    throw new Error([`the guest ${reason}`, ...problems, ...last, errors()].filter((line) => line !== '').join('\n  '));
  }
  outcome.result.problems.push(...problems);
  return outcome;
}
