// Plays a plan: each operation on the package and on the reference, then everything that must hold after any of them;
// at the end what must hold after all: whatever is ready is told, and nothing stays open.
import { readyOf } from './bits.mjs';
import { fileOperations, reuse } from './file-operations.mjs';
import { probe } from './probe.mjs';
import { poll, reactorOperations } from './reactor-operations.mjs';
import { checkRegistrations } from './registrations.mjs';
import { openNumbers, World } from './world.mjs';

/** @typedef {import('./plan.mjs').Operation} Operation */

/**
 * @type {Record<string, (world: World, operation: Operation, self: import('./registrations.mjs').ModelRegistration |
 * null) => void>}
 */
const operations = {
  ...fileOperations,
  ...reactorOperations,
  reuse: (world, operation) => {
    const live = world.registrations.filter((registration) => registration.active && !registration.hasMoved);
    reuse(world, operation, live[operation.a % Math.max(1, live.length)]?.fd, operations);
  },
  reuseOwn: (world, operation, self) => {
    if (self?.hasMoved === false) reuse(world, operation, self.fd, operations);
  },
};

/** @param {World} world */
function checkAll(world) {
  world.checkNumbers();
  checkRegistrations(world);
  for (const owner of world.reactors) owner.check();
}

/**
 * @param {World} world @param {Operation} operation @param {import('./registrations.mjs').ModelRegistration | null}
 * self
 */
function step(world, operation, self) {
  const operate = operations[operation.kind];
  if (operate === undefined) throw new Error(`no operation ${operation.kind}`);
  operate(world, operation, self);
  if (world.failure !== null) throw world.failure;
  checkAll(world);
}

/** No handler does anything any more, and turn by turn whatever is ready is told. @param {World} world */
function drain(world) {
  world.nested = [];
  world.isDraining = true;
  for (const owner of world.reactors) {
    if (owner.closed) continue;
    const sources = owner.liveSources();
    const live = owner.live();
    const due = live.filter(({ mode, interest, hasMoved }) => mode === 'level' && interest !== 0 && !hasMoved);
    const told = new Set();
    const found = owner.snapshot();
    for (let turn = 2 * (world.registrations.length + sources.length) + 2; turn > 0; turn--) {
      poll(world, owner, 0);
      for (const registration of owner.lastDelivered) told.add(registration);
    }
    for (const registration of due) {
      const must = readyOf(registration.interest, found.get(registration.file) ?? 0, true);
      world.check(must === 0 || told.has(registration), () => `${registration} was ready, ${must}, and never told`);
    }
    for (const source of sources) world.check(!source.isDue, () => `${source} was rung, and never heard`);
  }
  checkAll(world);
}

/** @param {World} world @param {Set<number>} before */
function closeAll(world, before) {
  for (const owner of world.reactors) {
    owner.reactor.close();
    owner.end();
  }
  checkRegistrations(world);
  for (const fd of [...world.numbers.keys()]) {
    probe.closeBehind(fd);
    world.take(fd);
  }
  const left = [...openNumbers()].filter((fd) => !before.has(fd));
  world.check(left.length === 0, () => `left open: ${left}`);
}

/** Whatever it was. @param {World} world @param {Set<number>} before */
function clear(world, before) {
  for (const { reactor } of world.reactors) {
    try {
      reactor.close();
    } catch {
      // it is the failure's
    }
  }
  for (const fd of openNumbers()) if (!before.has(fd)) probe.closeBehind(fd);
}

/**
 * The first failure, with the log of what led to it; null if nothing failed.
 * @param {import('./plan.mjs').Plan} plan @returns {{ message: string, log: string[] } | null}
 */
export function play(plan) {
  const before = openNumbers();
  const world = new World();
  world.nested = plan.nested;
  world.runNested = (operation, self) => step(world, operation, self);
  try {
    operations.openReactor?.(world, { kind: 'openReactor', a: 0, b: plan.seed, c: 1 }, null);
    for (const operation of plan.turns) step(world, operation, null);
    drain(world);
    closeAll(world, before);
    return null;
  } catch (error) {
    const failure = world.failure ?? /** @type {Error} */ (error);
    clear(world, before);
    return { message: world.failure === null ? String(failure.stack) : failure.message, log: world.log };
  }
}
