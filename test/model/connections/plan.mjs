// What a seed stands for: the sizes of everything, and two lists of operations (see ../plan.mjs).
import { capabilities } from 'fdreactor';
import { draw, generator, lottery } from '../plan.mjs';

/** What cannot hold here; see ../connections.test.ts. @param {string} what */
export const leavesOut = (what) => (process.env.FDREACTOR_MODEL_LEAVES_OUT ?? '').split(' ').includes(what);

/** How often, one beside the other. @type {Record<string, number>} */
const WEIGHTS = {
  write: 30,
  writev: 6,
  burst: 6,
  ...(capabilities().sendfile ? { sendFile: 8 } : {}),
  setDeadline: 3,
  feedPiped: 14,
  pipeAgain: 5,
  pausePiped: 2,
  resumePiped: 3,
  closePiped: 1,
  resetPiped: 1,
  setIdleTimeout: 2,
  pause: 5,
  resume: 8,
  end: 4,
  endWithBytes: 2,
  close: 2,
  reset: leavesOut('resets') ? 0 : 1,
  detach: 1,
  rawSend: 14,
  rawReceive: 10,
  rawReceiveOne: 6,
  rawEnd: 4,
  rawClose: 2,
  rawReset: leavesOut('resets') ? 0 : 1,
};

/** @type {Record<string, number>} */
const TURN_WEIGHTS = {
  ...WEIGHTS,
  turn: 45,
  openPair: 3,
  openPiped: 6,
  openBoth: 3,
  openAccepted: 5,
  openConnected: 5,
  openPipe: leavesOut('openPipe') ? 0 : 1,
  refuse: leavesOut('refuse') ? 0 : 1,
  closeListener: 1,
};

/** A handler mostly looks after its own connection. @type {Record<string, number>} */
const NESTED_WEIGHTS = {
  ...WEIGHTS,
  nothing: 15,
  pipeAgain: 20,
  writeOwn: 30,
  burstOwn: 20,
  pauseOwn: 4,
  endOwn: 8,
  burstAndEndOwn: 8,
  closeOwn: 3,
  resetOwn: leavesOut('resets') ? 0 : 1,
  detachOwn: 1,
  throwError: 4,
  openConnected: 1,
};

const turnKinds = lottery(TURN_WEIGHTS);
const nestedKinds = lottery(NESTED_WEIGHTS);

const TURNS = 90;
const NESTED = 90;

const MODES = /** @type {const} */ (['poll', 'run', ...(capabilities().attach ? ['attach'] : [])]);
const SIZES = [1, 2, 3, 7, 64, 1000, 4096, 16_384, 65_536, 262_144];
const COUNTS = [1, 2, 3, 10, 4096];

/** A turn takes the larger part of a millisecond under a sanitizer, and a slab of one byte takes a turn for each. */
const MOST_TURNS = 400;

/**
 * @typedef {import('../plan.mjs').Plan & { mode: 'poll' | 'run' | 'attach', limits: Record<string, number>,
 * maxEvents: number, hasOnError: boolean, highWaterMark: number, maxQueued: number, budget: number,
 * smallBuffers: boolean }} ConnectionPlan
 */

/** @param {number} seed @returns {ConnectionPlan} */
export function planOf(seed) {
  const random = generator(seed);
  /** @template T @param {readonly T[]} list @returns {T} */
  const one = (list) => /** @type {T} */ (list[random(list.length)]);
  const mode = one(MODES);
  const slabBytes = one(SIZES);
  const maxReceiveBytes = one(SIZES);
  const limits = {
    slabBytes,
    maxReceiveBytes,
    minReceiveBytes: Math.min(slabBytes, one(SIZES)),
    sendAreaBytes: one(SIZES),
    acceptBatch: one(COUNTS),
    maxCommands: Math.max(2, one(COUNTS)),
    maxReports: one(COUNTS),
  };
  return {
    seed,
    mode,
    limits,
    maxEvents: one([1, 2, 1024]),
    hasOnError: mode === 'attach' || random(2) === 0,
    highWaterMark: one([0, 1, 1000, 65_536]),
    maxQueued: one([100, 50_000, 1e9, 1e9]),
    budget: Math.min(600_000, MOST_TURNS * Math.min(slabBytes, maxReceiveBytes)),
    smallBuffers: random(3) > 0,
    turns: draw(random, turnKinds, TURNS),
    nested: draw(random, nestedKinds, NESTED),
  };
}
