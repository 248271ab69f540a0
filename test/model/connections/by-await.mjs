// Plays seeds of connections by await, `by-await.mjs FIRST COUNT`, in a process of its own. See ../async.test.ts.
import { draw, generator, lottery } from '../plan.mjs';
import { playSeeds } from '../seeds.mjs';
import { AsyncWorld } from './async-world.mjs';
import { leavesOut, planOf as planOfConnections } from './plan.mjs';

const kinds = lottery({
  ...{ write: 30, writev: 6, flush: 6, sendFile: leavesOut('sendFile') ? 0 : 6, restWriter: 8, end: 2 },
  ...{ close: 1, reset: leavesOut('resets') ? 0 : 1 },
  ...{ read: 14, tryRead: 14, exactly: 12, until: 10, chunks: 10, aborted: 10, late: 6, restReader: 14 },
});
const OPERATIONS = 160;

/** The sizes are those of the other model of connections. @param {number} seed */
function planOf(seed) {
  const random = generator(seed);
  const plan = planOfConnections(seed);
  const mode = plan.mode === 'run' ? 'poll' : plan.mode; // no promise goes on in run()
  return { ...plan, mode, maxQueued: 1e9, turns: draw(random, kinds, OPERATIONS), nested: [] };
}

/** @param {any} plan */
async function play(plan) {
  const world = new AsyncWorld(plan);
  try {
    await world.play();
    return null;
  } catch (error) {
    const { message, stack } = /** @type {Error} */ (error);
    return { message, log: [...world.log, stack ?? ''] };
  } finally {
    world.close();
  }
}

const [first, count] = process.argv.slice(2).map(Number);
if (first === undefined || count === undefined) throw new Error('by-await.mjs FIRST COUNT');
await playSeeds(first, count, planOf, play);
