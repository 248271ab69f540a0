// @ts-check
// Runs the rounds. The rows of a table start together and warm up one after the other. Then the bench measures them
// in turn, every second round in reverse, so that a change of the machine's speed meets all rows.
import { Presets, SingleBar } from 'cli-progress';

/** @typedef {import('./types.mjs').Table<any>} Table */
/** @typedef {import('./types.mjs').Row} Row */
/** @typedef {import('./types.mjs').Session} Session */
/**
 * A table that is to be measured, and what came of it: samples, and of rows that failed the reason.
 * @typedef {{ table: Table, rows: Row[], samples: import('../report/summary.mjs').Samples, failures: Map<string,
 *     string> }} Planned
 */

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
   * Does one step of a row. What it throws is the row's failure, and with it the bench's, unless it is a row whose end
   * is
   * a result.
   * @template T @param {Planned} planned @param {Row} row @param {string} part @param {() => Promise<T>} act
   */
  async step({ table, failures }, row, part, act) {
    const what = `${table.name}, ${row.name}, ${part}`;
    this.#bar.update({ what });
    try {
      return await act();
    } catch (error) {
      const { message } = /** @type {Error} */ (error);
      failures.set(row.name, message);
      if (!row.mayStop) this.problems.push(`${what}: ${message}`);
      return undefined;
    } finally {
      this.#bar.increment();
    }
  }

  /** @param {number} steps that are not done */
  skip(steps) {
    this.#bar.increment(steps);
  }
}

/** @param {Planned} planned @param {number} rounds */
const roundsOf = ({ table }, rounds) => (table.once ? 1 : rounds);

/**
 * @param {Planned} planned
 * @param {import('./types.mjs').Bench} bench
 * @param {Log} log
 * @returns {Promise<[Row, Session][]>}
 */
async function openAll(planned, bench, log) {
  /** @type {[Row, Session][]} */
  const sessions = [];
  for (const row of planned.rows) {
    await log.step(planned, row, 'warming up', async () => {
      const session = await planned.table.open(row, bench);
      sessions.push([row, session]);
      await session.warmUp?.();
    });
  }
  return sessions;
}

/** @param {Planned} planned @param {[Row, Session][]} sessions @param {number} rounds @param {Log} log */
async function measureRounds(planned, sessions, rounds, log) {
  const { samples, failures } = planned;
  for (let round = 0; round < rounds; round++) {
    log.skip(planned.rows.length - sessions.length);
    for (const [row, session] of round % 2 === 0 ? sessions : [...sessions].reverse()) {
      if (failures.has(row.name) || (row.once && round > 0)) {
        log.skip(1);
        continue;
      }
      const part = `round ${round + 1}`;
      const sample = await log.step(planned, row, part, () => session.measure());
      if (sample === undefined) continue;
      log.problems.push(...sample.problems.map((problem) => `${planned.table.name}, ${row.name}, ${part}: ${problem}`));
      samples.set(row.name, [...(samples.get(row.name) ?? []), sample]);
    }
  }
}

/**
 * Measures everything that is planned into its samples.
 * @param {Planned[]} planned @param {import('./types.mjs').Bench} bench @param {number} rounds
 * @param {(planned: Planned) => void} [onMeasured] called after each table
 * @returns {Promise<string[]>} what went wrong
 */
export async function measureAll(planned, bench, rounds, onMeasured) {
  const log = new Log();
  log.start(planned.reduce((sum, entry) => sum + entry.rows.length * (1 + roundsOf(entry, rounds)), 0));
  for (const entry of planned) {
    const sessions = await openAll(entry, bench, log);
    try {
      await measureRounds(entry, sessions, roundsOf(entry, rounds), log);
    } finally {
      await Promise.all(sessions.map(([, session]) => session.close?.()));
    }
    onMeasured?.(entry);
  }
  log.stop();
  return log.problems;
}
