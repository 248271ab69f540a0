// @ts-check
// Saves a run of `npm run bench:c10k` after each point, in bench/results/c10k-state.json, so that --resume can go on.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { resultsFolder } from '../report/files.mjs';

/** @typedef {import('./measure.mjs').Planned} Planned */
/** @typedef {ReturnType<typeof import('./machine.mjs').describeMachine>} Machine */
/** @typedef {{ samples: [string, import('./types.mjs').Sample[]][], failures: [string, string][] }} Point */
/**
 * @typedef {{
 *   options: import('./c10k-options.mjs').Kept, command: string, machine: Machine | null,
 *   points: Record<string, Point>,
 * }} Content
 */

const file = path.join(resultsFolder, 'c10k-state.json');

/** @returns {Content} */
function read() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
    throw new Error('There is no run to go on with: start one without --resume');
  }
}

export class C10kState {
  #content;

  /** @param {Content} content */
  constructor(content) {
    this.#content = content;
  }

  /** The run that --resume means, or a new one. @param {import('./c10k-options.mjs').Options} options */
  static open({ connections, peers, rounds, warmupMs, windowMs, command, resume }) {
    if (resume) return new C10kState(read());
    const options = { connections, peers: peers.map(({ name }) => name), rounds, warmupMs, windowMs };
    return new C10kState({ options, command, machine: null, points: {} });
  }

  /** What the interrupted run was told. */
  static optionsKept() {
    const { options, command } = read();
    return { options, command };
  }

  /** The machine at the start of the run; null if nothing has been measured yet. */
  get machine() {
    return this.#content.machine;
  }

  /** Puts in what was measured; false if the point has not been. @param {Planned} planned */
  restore({ table, samples, failures }) {
    const point = this.#content.points[table.name];
    for (const [row, own] of point?.samples ?? []) samples.set(row, own);
    for (const [row, reason] of point?.failures ?? []) failures.set(row, reason);
    return point !== undefined;
  }

  /** @param {Planned} planned a point that has just been measured @param {Machine} machine */
  keep({ table, samples, failures }, machine) {
    this.#content.machine = machine;
    this.#content.points[table.name] = { samples: [...samples], failures: [...failures] };
    mkdirSync(resultsFolder, { recursive: true });
    writeFileSync(`${file}.new`, JSON.stringify(this.#content));
    renameSync(`${file}.new`, file); // whole at any time
  }
}
