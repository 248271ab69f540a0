// Plays a plan of connections; at the end everything that was sent and not cut off has arrived, every connection ends
// in order, and nothing stays open.
import { openFds } from '../../helpers/fixtures/open-handles.mjs';
import { NearEnd } from './near-end.mjs';
import { operations } from './operations.mjs';
import { leavesOut } from './plan.mjs';
import { RawEnd } from './raw-end.mjs';
import { Thrown, World } from './world.mjs';

/** Without any progress for so long, something is stuck. */
const PATIENCE_MS = 5000;

const openNumbers = () => [...openFds().keys()];

/**
 * An operation of a handler, if any is left, at times some.
 * @param {World} world @param {NearEnd} self @param {string} handler
 */
function runNested(world, self, handler) {
  const { nested } = world.plan;
  const operation = nested[world.nextNested];
  if (world.isDraining || operation === undefined) return;
  world.nextNested++;
  step(world, operation, self, handler);
  if (operation.a % 3 === 0 && !self.isClosed) runNested(world, self, handler);
}

/**
 * @param {World} world @param {import('../plan.mjs').Operation} operation @param {NearEnd | null} self
 * @param {string} handler
 */
function step(world, operation, self, handler) {
  const operate = operations[operation.kind];
  if (operate === undefined) throw new Error(`no operation ${operation.kind}`);
  for (const end of world.ends) end.sync();
  operate(world, operation, self, handler);
  if (world.failure !== null) throw world.failure;
}

/** How far everything is. @param {World} world */
const progressOf = (world) => JSON.stringify(world.directions.map(({ received, endSeen }) => [received, endSeen]));

/** Reads all that is there. @param {World} world */
function readRaw(world) {
  for (const end of world.ends) {
    if (!(end instanceof RawEnd)) continue;
    for (let more = true; more && end.isLive; ) more = end.receive(65_536);
  }
}

/**
 * Drives until the condition holds.
 * @param {World} world @param {string} what @param {() => string | undefined} missing
 */
async function driveUntil(world, what, missing) {
  let last = '';
  let since = performance.now();
  for (;;) {
    const open = missing();
    if (open === undefined) return;
    const progress = progressOf(world);
    if (progress !== last) since = performance.now();
    last = progress;
    const waited = performance.now() - since;
    world.check(waited < PATIENCE_MS, () => `${what}: ${open}`);
    await world.drive(waited > 20 ? 2 : 0);
    readRaw(world);
  }
}

/** The first direction whose bytes are still to come, in words. @param {World} world */
function missingBytes(world) {
  for (const end of world.ends) {
    const { into } = end;
    const isReader = end instanceof NearEnd || !end.isPipe;
    if (!end.isLive || !isReader || into.isLossy) continue;
    if (into.received < into.sent) return `${end} has ${into.received} of ${into.sent} bytes`;
    if (into.ended && !into.endSeen) return `${end} does not see the end`;
    const mustGoOn = end instanceof NearEnd && end.mayDrain && !end.isEnding && !end.out.isLossy;
    if (mustGoOn) return `${end} was told to wait, and never to go on`;
  }
  for (const error of world.owed) return `${error} was thrown, and never told`;
  return undefined;
}

/** @param {World} world */
async function finish(world) {
  world.isDraining = true;
  world.note('nothing more is done');
  for (const end of world.ends) {
    if (!(end instanceof NearEnd)) continue;
    end.pausedIn = -1;
    end.connection?.resume();
  }
  for (const piped of world.piped) for (const side of [0, 1]) piped.resume(side);
  await driveUntil(world, 'what was sent has not all arrived', () => missingBytes(world) ?? waiting(world));
  for (const end of world.ends) {
    if (!end.isLive) continue;
    if (end instanceof RawEnd) end.end();
    else if (!end.isEnding && !end.connection?.closed) {
      end.markEnding();
      end.connection?.end();
    }
  }
  await driveUntil(world, 'both sides have ended', () => stillOpen(world));
  for (const piped of world.piped) piped.checkOver();
}

/** A connection that was not told to its listener's handlers. @param {World} world */
function waiting(world) {
  for (const end of world.awaited.values()) if (!end.out.isLossy) return `${end} was not accepted`;
  return undefined;
}

/** @param {World} world */
function stillOpen(world) {
  for (const end of world.ends) {
    if (end instanceof RawEnd) {
      if (end.isLive && (end.into.endSeen || end.isPipe || end.out.isLossy)) end.close();
    } else if (end.isLive && (end.out.isLossy || end.into.isLossy)) {
      end.mayClose = true;
      end.connection?.close(); // what was cut off may never end
    }
    if (end.isLive) return `${end} is open`;
  }
  return undefined;
}

/** @param {World} world @param {number[]} before */
function closeAll(world, before) {
  const { size, accepted } = world.listener;
  world.check(size === 0, () => `the listener has ${size} connections of ${accepted}`);
  world.reactor.close();
  if (leavesOut('fds')) return;
  const left = openNumbers().filter((fd) => !before.includes(fd));
  world.check(left.length === 0, () => `left open: ${left}`);
}

/** Whatever it was. @param {World} world */
function clear(world) {
  world.failure ??= new Error('over'); // handlers do nothing any more
  world.reactor.close();
  for (const end of world.ends) if (end instanceof RawEnd && end.isLive) end.close();
}

/**
 * The first failure, with the log of what led to it; null if nothing failed.
 * @param {import('../plan.mjs').Plan} plan @returns {Promise<{ message: string, log: string[] } | null>}
 */
export async function play(plan) {
  const before = openNumbers();
  const world = new World(/** @type {import('./plan.mjs').ConnectionPlan} */ (plan));
  world.runNested = (/** @type {NearEnd} */ self, /** @type {string} */ handler) => runNested(world, self, handler);
  try {
    for (const operation of plan.turns) {
      if (operation.kind === 'turn') await world.drive(0);
      else step(world, operation, null, '');
      world.checkAll();
    }
    await finish(world);
    closeAll(world, before);
    return null;
  } catch (error) {
    const failure = world.failure ?? /** @type {Error} */ (error);
    const message = world.failure === null || error instanceof Thrown ? String(failure.stack) : failure.message;
    clear(world);
    return { message, log: [JSON.stringify({ ...plan, turns: undefined, nested: undefined }), ...world.log] };
  }
}
