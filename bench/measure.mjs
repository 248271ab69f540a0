// @ts-check
// The rounds. The rows of a table are started together and warmed up one after the other; then they are measured in
// turns, every second round backwards, so that no row always comes first and a change of the machine's speed meets all.
import { Presets, SingleBar } from 'cli-progress';

/** @typedef {import('./types.mjs').Table<any>} Table */
/** @typedef {import('./types.mjs').Row} Row */
/** @typedef {import('./types.mjs').Session} Session */
/** @typedef {{ table: Table, rows: Row[], samples: import('./summary.mjs').Samples }} Planned */

/** Progress and problems, told by what was being done. */
class Log {
  /** @type {string[]} */
  problems = [];
  #bar = new SingleBar(
    {
      format: ' {bar} {value}/{total} | {duration_formatted} | {what}',
      hideCursor: true,
      gracefulExit: false, // the bench ends itself on a signal; the cursor comes back with stop()
      noTTYOutput: true,
      notTTYSchedule: 10_000,
    },
    Presets.shades_classic,
  );

  /** @param {number} steps */
  start(steps) {
    process.on('exit', () => this.#bar.stop());
    this.#bar.start(steps, 0, { what: '' });
  }

  stop() {
    this.#bar.stop();
  }

  /**
   * Does one step; what it throws is noted, and gives undefined.
   * @template T @param {string} what @param {() => Promise<T>} act
   */
  async step(what, act) {
    this.#bar.update({ what });
    try {
      return await act();
    } catch (error) {
      this.problems.push(`${what}: ${/** @type {Error} */ (error).message}`);
      return undefined;
    } finally {
      this.#bar.increment();
    }
  }
}

/** @param {Planned} planned @param {number} rounds */
const roundsOf = ({ table }, rounds) => (table.once ? 1 : rounds);

/** @param {Planned} planned @param {import('./types.mjs').Bench} bench @param {Log} log */
async function openAll({ table, rows }, bench, log) {
  /** @type {Map<Row, Session>} */
  const sessions = new Map();
  for (const row of rows) {
    await log.step(`${table.name}, ${row.name}, warming up`, async () => {
      const session = await table.open(row, bench);
      sessions.set(row, session);
      await session.warmUp?.();
    });
  }
  return sessions;
}

/** @param {Planned} planned @param {Map<Row, Session>} sessions @param {number} rounds @param {Log} log */
async function measureRounds({ table, samples }, sessions, rounds, log) {
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? [...sessions] : [...sessions].reverse();
    for (const [row, session] of order) {
      const what = `${table.name}, ${row.name}, round ${round + 1}`;
      const sample = await log.step(what, () => session.measure());
      if (sample === undefined) continue;
      log.problems.push(...sample.problems.map((problem) => `${what}: ${problem}`));
      samples.set(row.name, [...(samples.get(row.name) ?? []), sample]);
    }
  }
}

/**
 * Measures everything that is planned into its samples.
 * @param {Planned[]} planned @param {import('./types.mjs').Bench} bench @param {number} rounds
 * @returns {Promise<string[]>} what went wrong
 */
export async function measureAll(planned, bench, rounds) {
  const log = new Log();
  log.start(planned.reduce((sum, entry) => sum + entry.rows.length * (1 + roundsOf(entry, rounds)), 0));
  for (const entry of planned) {
    const sessions = await openAll(entry, bench, log);
    try {
      await measureRounds(entry, sessions, roundsOf(entry, rounds), log);
    } finally {
      for (const session of sessions.values()) await session.close?.();
    }
  }
  log.stop();
  return log.problems;
}
