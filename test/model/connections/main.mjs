// Plays seeds of connections, `main.mjs FIRST COUNT`, in a process of its own. See ../connections.test.ts.
import { playSeeds } from '../seeds.mjs';
import { planOf } from './plan.mjs';
import { play } from './play.mjs';

const [first, count] = process.argv.slice(2).map(Number);
if (first === undefined || count === undefined) throw new Error('main.mjs FIRST COUNT');
await playSeeds(first, count, planOf, play);
