// What a seed stands for: two lists of operations, each a kind and three numbers, made before anything runs. What a
// number selects is decided when the operation runs, so that a list with some of it left out is still a list to run:
// that is how a failure is made smaller.

/** @typedef {{ kind: string, a: number, b: number, c: number }} Operation */
/** @typedef {{ seed: number, turns: readonly Operation[], nested: readonly Operation[] }} Plan */

/** A generator of 32-bit numbers (xorshift), the same in every runtime. @param {number} seed */
export function generator(seed) {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) | 1;
  const random = (/** @type {number} */ below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  for (let i = 0; i < 20; i++) random(2); // small seeds differ in few bits
  return random;
}

/** How often, one beside the other. @type {Record<string, number>} */
const WEIGHTS = {
  unixPair: 4,
  tcpPair: 3,
  pipe: 2,
  eventfd: 1,
  regularFile: 1,
  listen: 1,
  connect: 2,
  accept: 2,
  register: 16,
  modify: 6,
  deregister: 3,
  closeRegistration: 3,
  closeSocket: 3,
  closeBehind: 3,
  dup: 2,
  dupBack: 2,
  reuse: 6,
  recv: 6,
  send: 12,
  fill: 1,
  shutdown: 2,
  reset: 2,
  takeError: 1,
  setTimer: 4,
  cancelTimer: 1,
  createWaker: 2,
  wake: 5,
  closeWaker: 1,
  onSignal: 1,
  raise: 2,
  deregisterSignal: 1,
  closeOwn: 1,
  closeReactor: 1,
  openReactor: 1,
};

/** @type {Record<string, number>} */
const TURN_WEIGHTS = { ...WEIGHTS, poll: 40, pollFor: 2, run: 2 };

/** A handler mostly looks after its own fd; at times it throws, or takes a turn of another reactor. */
/** @type {Record<string, number>} */
const NESTED_WEIGHTS = {
  ...WEIGHTS,
  nothing: 25,
  recvOwn: 60,
  modifyOwn: 8,
  deregisterOwn: 6,
  closeOwnRegistration: 8,
  closeOwnBehind: 3,
  reuseOwn: 4,
  throwError: 20,
  poll: 6,
};

/** @param {Record<string, number>} weights */
export const lottery = (weights) => Object.entries(weights).flatMap(([kind, weight]) => Array(weight).fill(kind));
const turnKinds = lottery(TURN_WEIGHTS);
const nestedKinds = lottery(NESTED_WEIGHTS);

const TURNS = 120;
const NESTED = 100;

/** @param {number} seed @returns {Plan} */
export function planOf(seed) {
  const random = generator(seed);
  return { seed, turns: draw(random, turnKinds, TURNS), nested: draw(random, nestedKinds, NESTED) };
}

/** @param {(below: number) => number} random @param {string[]} kinds @param {number} length @returns {Operation[]} */
export function draw(random, kinds, length) {
  return Array.from({ length }, () => ({
    kind: /** @type {string} */ (kinds[random(kinds.length)]),
    a: random(1 << 16),
    b: random(1 << 16),
    c: random(1 << 16),
  }));
}

/**
 * The smallest part of the plan that was found for which `fails` still says so: halves are left out, then smaller
 * parts.
 * @param {Plan} plan @param {(plan: Plan) => Promise<boolean>} fails @param {number} tries at most
 */
export async function shrink(plan, fails, tries) {
  let best = plan;
  for (const name of /** @type {const} */ (['nested', 'turns', 'nested'])) {
    for (let size = best[name].length; size >= 1; size = Math.floor(size / 2)) {
      for (let from = 0; from < best[name].length && tries > 0; ) {
        const list = best[name].filter((_, i) => i < from || i >= from + size);
        const smaller = { ...best, [name]: list };
        tries--;
        if (await fails(smaller)) best = smaller;
        else from += size;
      }
    }
  }
  return best;
}
