// @ts-check
// bench/million/ measures very many connections and registrations, for c1m.mjs and c10m.mjs.
//
// Runs either command, from its command line to its report, here or in a guest.

import { qemu, uml } from '../guest/machines.mjs';
import { freeMiB, runInGuest } from '../guest/run.mjs';
import { buildPrograms } from '../harness/build.mjs';
import { describeSystem } from '../harness/machine.mjs';
import { stopEverythingAtExit } from '../harness/processes.mjs';
import { installLine, isMissing, requirements } from '../harness/requirements.mjs';
import { writeResult } from '../report/files.mjs';
import { parseOptions } from './options.mjs';
import { ProgressBar } from './progress.mjs';

export const machines = { uml, qemu };

/** @typedef {import('../harness/requirements.mjs').Requirement} Requirement */
/** @typedef {import('./options.mjs').Options} Options */
/** @typedef {import('./types.mjs').Tell} Tell */
/** @typedef {import('./types.mjs').Machine} Machine */
/** @typedef {{ result: any, machine: Machine }} Outcome */
/** @typedef {Parameters<typeof runInGuest>[1]} GuestTask */

/**
 * @typedef {object} Command
 * @property {string} name
 * @property {string} counted the option that says how many
 * @property {string} help
 * @property {(options: Options) => Promise<void>} run
 * @property {() => Promise<void>} smoke
 */

/** What is missing, with the line that brings it; null where all is there. @param {Requirement[]} names */
export function lack(names) {
  const missing = names.filter(isMissing);
  if (missing.length === 0) return null;
  return `${missing.map((name) => requirements[name].what).join(' and ')} missing: ${installLine(missing)}`;
}

/** Builds what a run needs, and throws where that cannot be. @param {Requirement[]} more */
export function prepare(...more) {
  const lacking = lack(['cc', 'make', 'package', ...more]);
  if (lacking !== null) throw new Error(lacking);
  buildPrograms([]);
}

/** @template T @param {(tell: Tell) => Promise<T>} work @returns {Promise<T>} */
export async function withProgress(work) {
  const bar = new ProgressBar();
  try {
    return await work(bar.tell);
  } finally {
    bar.stop();
  }
}

/** @param {(tell: Tell) => Promise<any>} work @returns {Promise<Outcome>} */
export async function runHere(work) {
  return { result: await withProgress(work), machine: { where: 'this machine', ...describeSystem() } };
}

/** @param {keyof typeof machines} name @param {GuestTask} task @returns {Promise<Outcome>} */
export async function runThere(name, task) {
  const refusal = machines[name].refuses();
  if (refusal !== null) throw new Error(refusal);
  const { result, machine } = await withProgress((tell) => runInGuest(machines[name], task, tell));
  const host = describeSystem();
  const where = `${machines[name].name} on ${host.cpu}, Linux ${host.kernel}`;
  return { result, machine: { ...machine, where, date: host.date } };
}

/**
 * Why a guest of that size cannot be tried here; null where it can.
 * @param {keyof typeof machines} name @param {number} memoryMiB
 */
export function lackForGuest(name, memoryMiB) {
  const lacking = lack(machines[name].requires) ?? machines[name].refuses();
  if (lacking !== null) return lacking;
  const free = freeMiB(machines[name]);
  return free < memoryMiB ? `${memoryMiB} MiB of memory are needed, ${free} MiB are free for a guest` : null;
}

/** @param {string} name @param {Outcome} outcome @returns {import('./types.mjs').Report<any>} */
export function report(name, { result, machine }) {
  const command = `npm run bench:${name} -- ${process.argv.slice(2).join(' ')}`.trim();
  const made = { command, machine, result };
  console.log(`All figures: ${writeResult(name, made)}`);
  for (const problem of result.problems) console.error(`FAILED    ${problem}`);
  if (result.problems.length > 0) process.exitCode = 1;
  return made;
}

/** @param {Command} command */
export async function main({ name, counted, help, run, smoke }) {
  stopEverythingAtExit();
  /** @type {Options | null} */
  let options;
  try {
    options = parseOptions(process.argv.slice(2), counted);
  } catch (error) {
    console.error(`${/** @type {Error} */ (error).message}; npm run bench:${name} -- --help tells more`);
    process.exitCode = 2;
    return;
  }
  try {
    if (options === null) console.log(help);
    else if (options.smoke) await smoke();
    else await run(options);
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    process.exitCode = 1;
  }
}
