// Plays seeds of a model, one after the other, and makes the plan of the first that fails smaller.
import { writeSync } from 'node:fs';
import { shrink } from './plan.mjs';

/** What a smaller plan may differ in, and still be the same failure. @param {string} message */
const kindOf = (message) => message.replace(/\d+/g, 'N').slice(0, 60);

const MAX_TRIES = 600;
/** A failure by something that does not come takes seconds each time. */
const MAX_SHRINKING_MS = 30_000;

/** @param {unknown} report */
const tell = (report) => writeSync(1, `${JSON.stringify({ report })}\n`);

/** @typedef {import('./plan.mjs').Plan} Plan */
/** @typedef {{ message: string, log: string[] } | null} Failure */

/**
 * Ends the process with the first failure.
 * @param {number} first @param {number} count @param {(seed: number) => Plan} planOf
 * @param {(plan: Plan) => Failure | Promise<Failure>} play
 */
export async function playSeeds(first, count, planOf, play) {
  let played = 0;
  for (let seed = first; seed < first + count; seed++) {
    tell({ seed }); // what was begun, should the process end with it
    const plan = planOf(seed);
    const failure = await play(plan);
    played++;
    if (failure === null) continue;
    const kind = kindOf(failure.message);
    const end = performance.now() + MAX_SHRINKING_MS;
    const fails = async (/** @type {Plan} */ smaller) =>
      performance.now() < end && kindOf((await play(smaller))?.message ?? '') === kind;
    const small = await shrink(plan, fails, MAX_TRIES);
    tell({ seed, failure: (await play(small)) ?? failure });
    process.exit(1);
  }
  tell({ played });
}
