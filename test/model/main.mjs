// Plays seeds, `main.mjs FIRST COUNT`, in a process of its own; reports the first that fails, as small as it could be
// made. See ./model.test.ts.
import { planOf } from './plan.mjs';
import { play } from './play.mjs';
import { playSeeds } from './seeds.mjs';

const [first, count] = process.argv.slice(2).map(Number);
if (first === undefined || count === undefined) throw new Error('main.mjs FIRST COUNT');
await playSeeds(first, count, planOf, play);
