// Plays seeds, `main.mjs FIRST COUNT`, in a process of its own; reports the first that fails, as small as it could be
// made. See ./model.test.ts.
import { writeSync } from 'node:fs';
import { planOf, shrink } from './plan.mjs';
import { play } from './play.mjs';

/** What a smaller plan may differ in, and still be the same failure. @param {string} message */
const kindOf = (message) => message.replace(/\d+/g, 'N').slice(0, 60);

const MAX_TRIES = 600;

const [first, count] = process.argv.slice(2).map(Number);
if (first === undefined || count === undefined) throw new Error('main.mjs FIRST COUNT');

/** @param {unknown} report */
const tell = (report) => writeSync(1, `${JSON.stringify({ report })}\n`);

let played = 0;
for (let seed = first; seed < first + count; seed++) {
  tell({ seed }); // what was begun, should the process end with it
  const plan = planOf(seed);
  const failure = play(plan);
  played++;
  if (failure === null) continue;
  const kind = kindOf(failure.message);
  const small = shrink(plan, (smaller) => kindOf(play(smaller)?.message ?? '') === kind, MAX_TRIES);
  tell({ seed, failure: play(small) ?? failure });
  process.exit(1);
}
tell({ played });
