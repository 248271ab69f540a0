// Operations on reactors: registrations, timers, wakers, signals, turns; each with what it must answer.
import { constants } from 'node:os';
import { Waker } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { ALL_INTERESTS } from './bits.mjs';
import { perform } from './calls.mjs';
import { pick, pickNumber } from './file-operations.mjs';
import { probe } from './probe.mjs';
import { hasOnError, ModelReactor, opening } from './reactors.mjs';
import { ghostOf, ModelRegistration, retireOwners } from './registrations.mjs';
import { ModelSource } from './sources.mjs';
import { ModelTimer } from './timers.mjs';
import { takeTurn } from './turn.mjs';
import { Thrown } from './world.mjs';

/** @typedef {import('./world.mjs').World} World */
/** @typedef {import('./world.mjs').File} File */
/** @typedef {import('./plan.mjs').Operation} Operation */

const MAX_REACTORS = 3;
const MAX_REGISTRATIONS_TO_CHOOSE = 24;
const MAX_DEPTH = 3;
const SIGNAL = 'SIGUSR2';
/** @type {readonly import('fdreactor').Mode[]} */
const MODES = ['level', 'level', 'edge', 'oneshot'];
const INTERESTS = [1, 1, 3, 2, 0, ALL_INTERESTS, 4];

probe.ignore(constants.signals[SIGNAL]);

/** @param {World} world @param {number} n */
const pickReactor = (world, n) =>
  pick(
    world.reactors.filter(({ closed }) => !closed),
    n,
  );
/** Mostly a live one. @param {World} world @param {number} n */
function pickRegistration(world, n) {
  const live = world.registrations.filter(({ active }) => active);
  return pick(
    n % 4 === 0 || live.length === 0 ? world.registrations.slice(-MAX_REGISTRATIONS_TO_CHOOSE) : live,
    n >> 2,
  );
}

/** What every handler does after it was judged: the next operation, which may throw. */
/** @param {World} world @param {ModelRegistration | null} self */
function act(world, self) {
  const operation = world.nested[world.nextNested++];
  if (operation === undefined) return;
  world.depth++;
  try {
    world.runNested(operation, self);
  } finally {
    world.depth--;
  }
}

/** What the operation throws goes to onError, or out of the call that takes the turn. */
/** @param {ModelReactor} owner @param {ModelRegistration | null} self @param {boolean} isHandled */
function actIn(owner, self, isHandled) {
  const { turn } = owner;
  try {
    act(owner.world, self);
    if (self?.alwaysThrows && !owner.world.isDraining) throw new Thrown('thrown in every turn');
  } catch (error) {
    if (error instanceof Thrown && turn !== null) turn.thrown = { error, goesOut: !isHandled };
    throw error;
  }
}

/** @param {World} world @param {Operation} operation */
function register(world, { a, b, c }) {
  const owner = pickReactor(world, a);
  const fd = pickNumber(world, a >> 2);
  if (owner === undefined || fd === undefined) return;
  const file = /** @type {File} */ (world.numbers.get(fd));
  const interest = /** @type {number} */ (pick(INTERESTS, b));
  const mode = /** @type {import('fdreactor').Mode} */ (pick(MODES, c));
  const registration = new ModelRegistration(world.registrations.length + 1, owner, file, fd, interest, mode);
  const isThere = owner.live().some((other) => other.fd === fd && other.file === file);
  const codes = isThere ? ['EEXIST'] : file.kind === 'regular' ? ['EPERM'] : [];
  // The kernel may know this file by this number still, of a registration that ended when another file had it.
  if (codes.length === 0 && owner.ghosts.has(ghostOf(file, fd))) codes.push('nothing', 'EEXIST');
  registration.hasOnError = hasOnError && c % 5 === 0;
  registration.alwaysThrows = a % 11 === 0;
  const onError = (/** @type {unknown} */ error, /** @type {unknown} */ handle) => {
    world.check(handle === registration.handle, () => `${registration}: onError is given another registration`);
    world.check(error instanceof Thrown || world.failure !== null, () => `${registration}: onError is given ${error}`);
  };
  const options = { mode, data: registration, ...(registration.hasOnError ? { onError } : {}) };
  const { value, error } = perform(
    world,
    `${registration}`,
    () => owner.reactor.register(fd, interest, handlerOf(registration), options),
    codes,
  );
  if (error !== undefined) return;
  retireOwners(owner, fd);
  registration.handle = value;
  world.registrations.push(registration);
}

/** @param {ModelRegistration} registration @returns {import('fdreactor').Handler<ModelRegistration>} */
function handlerOf(registration) {
  const { owner } = registration;
  const { world } = owner;
  return (ready, handle) => {
    world.note(`  ${registration} is told ${ready}`);
    world.check(owner.turn !== null, () => `${registration} is told outside a turn`);
    world.check(handle.data === registration && handle === registration.handle, () => `${registration}: not its own`);
    owner.turn?.deliver(registration, ready);
    actIn(owner, registration, registration.hasOnError || owner.hasOnError);
    owner.turn?.leave();
  };
}

/** @param {World} world @param {ModelRegistration | null | undefined} registration @param {number} interest */
function modify(world, registration, interest) {
  if (registration == null || registration.isTakenForGhost) return;
  const { active, hasMoved, handle } = registration;
  const call = () => handle.modify(interest);
  if (!active) {
    perform(world, `${registration}.modify(${interest})`, call, ['ERR_INVALID_STATE']);
  } else if (hasMoved) {
    perform(world, `${registration}.modify(${interest}), moved`, call, [
      'EBADF',
      'ENOENT',
      'EPERM',
      'ERR_INVALID_STATE',
    ]);
    world.check(!handle.active, () => `${registration} is active after a modify() that failed`);
  } else {
    perform(world, `${registration}.modify(${interest})`, call);
    registration.rearm(interest);
  }
}

/** @param {World} world @param {ModelRegistration | null | undefined} registration */
function deregister(world, registration) {
  if (registration == null || registration.isTakenForGhost) return;
  perform(world, `${registration}.deregister()`, () => registration.handle.deregister());
  if (registration.active) registration.retire();
}

/** @param {World} world @param {ModelRegistration | null | undefined} registration */
function closeRegistration(world, registration) {
  if (registration == null || registration.isTakenForGhost) return;
  const { active, hasMoved, handle, fd, owner } = registration;
  // After deregister() the inode tells a file from another, and all eventfds and epoll sets of the system share one.
  if (!active && hasMoved && registration.file.identity === owner.world.numbers.get(fd)?.identity) return;
  const { value } = perform(world, `${registration}.close()`, () => /** @type {unknown} */ (handle.close()));
  if (active && !hasMoved)
    world.check(value === true, () => `${registration}.close() returned ${value}, and should have closed it`);
  if (hasMoved)
    world.check(value === false, () => `${registration}.close() returned ${value}, and the number is another's`);
  if (active) registration.retire();
  if (value !== true) return;
  for (const other of world.registrations) if (other.active && other.fd === fd) other.retire();
  world.take(fd);
}

/** @param {World} world @param {Operation} operation @param {'waker' | 'signal'} kind */
function openSource(world, { a }, kind) {
  const owner = pickReactor(world, a);
  if (owner === undefined || world.sources.filter(({ active }) => active).length > 6) return;
  const source = new ModelSource(world.sources.length + 1, kind, owner);
  const heard = () => {
    world.note(`  ${source} is told`);
    source.hear();
    actIn(owner, null, owner.hasOnError);
    owner.turn?.leave();
  };
  world.note(`new ${source}`);
  const { made, numbers } = opening(world, `own-${kind}`, () => {
    return kind === 'waker' ? owner.reactor.createWaker(heard) : owner.reactor.onSignal(SIGNAL, heard);
  });
  world.note(`  has ${numbers}`);
  source.numbers = numbers;
  // A signal has several fds, of which the reactor watches one: a registration of the others is found out when it is
  // used.
  if (kind === 'waker') for (const fd of numbers) retireOwners(owner, fd);
  if ('wake' in made) {
    const copy = a % 2 === 0 ? made : Waker.from(made.transfer());
    source.ring = () => copy.wake();
    source.close = () => made.close();
  } else {
    source.close = () => made.deregister();
  }
  world.sources.push(source);
}

/** @param {World} world @param {number} n @param {'waker' | 'signal'} kind */
const pickSource = (world, n, kind) =>
  pick(
    world.sources.filter((source) => source.kind === kind && source.active),
    n,
  );

/** @param {World} world @param {number} n @param {'waker' | 'signal'} kind */
function closeSource(world, n, kind) {
  const source = pickSource(world, n, kind);
  if (source === undefined) return;
  perform(world, `${source}.close()`, () => source.close());
  source.end();
}

/** @param {World} world @param {ModelReactor | undefined} owner @param {number} timeoutMs */
export function poll(world, owner, timeoutMs) {
  if (owner === undefined || world.depth > MAX_DEPTH) return;
  const call = () => owner.reactor.poll(timeoutMs);
  if (owner.turn !== null) {
    perform(world, `r${owner.id}.poll() inside a handler`, call, ['ERR_INVALID_STATE']);
    return;
  }
  const at = world.log.length;
  world.note(`r${owner.id}.poll(${timeoutMs})`);
  const began = performance.now();
  const { value, error } = takeTurn(owner, false, call);
  const took = performance.now() - began;
  world.check(value !== 0 || owner.closed || took >= timeoutMs, () => `poll(${timeoutMs}) returned 0 after ${took} ms`);
  world.log[at] += `: ${error ?? value}`;
}

/** run() until a timer stops it. @param {World} world @param {ModelReactor | undefined} owner */
function run(world, owner) {
  if (owner === undefined || owner.turn !== null || world.depth > 0) return;
  const timer = setTimer(owner, 0, undefined, () => {
    if (!owner.closed) owner.reactor.stop();
  });
  timer.stopsRun = true; // so that no handler cancels it
  world.note(`r${owner.id}.run()`);
  takeTurn(owner, true, () => owner.reactor.run());
  if (!timer.active) return;
  timer.handle.cancel();
  timer.active = false;
}

/** @param {ModelReactor} owner @param {number} delayMs @param {number | undefined} repeatMs @param {() => void} body */
function setTimer(owner, delayMs, repeatMs, body) {
  const { world } = owner;
  const timer = new ModelTimer(world.timers.length + 1, owner, delayMs, repeatMs);
  world.note(`new ${timer}`);
  const fired = () => {
    world.note(`  ${timer} fires`);
    timer.fire();
    try {
      body();
    } finally {
      timer.leave();
    }
  };
  timer.handle = owner.reactor.setTimer(delayMs, fired, repeatMs === undefined ? {} : { repeatMs });
  timer.isSet();
  world.timers.push(timer);
  return timer;
}

/** @type {Record<string, (world: World, operation: Operation, self: ModelRegistration | null) => void>} */
export const reactorOperations = {
  register,
  modify: (world, { a, b }) => modify(world, pickRegistration(world, a), /** @type {number} */ (pick(INTERESTS, b))),
  modifyOwn: (world, { b }, self) => modify(world, self, /** @type {number} */ (pick(INTERESTS, b))),
  deregister: (world, { a }) => deregister(world, pickRegistration(world, a)),
  deregisterOwn: (world, _, self) => deregister(world, self),
  closeRegistration: (world, { a }) => closeRegistration(world, pickRegistration(world, a)),
  closeOwnRegistration: (world, _, self) => closeRegistration(world, self),
  createWaker: (world, operation) => openSource(world, operation, 'waker'),
  onSignal: (world, operation) => openSource(world, operation, 'signal'),
  closeWaker: (world, { a }) => closeSource(world, a, 'waker'),
  deregisterSignal: (world, { a }) => closeSource(world, a, 'signal'),
  wake: (world, { a, b }) => {
    const source = pickSource(world, a, 'waker');
    if (source === undefined) return;
    source.isDue = true;
    for (let i = 0; i <= b % 3; i++) {
      const { value } = perform(world, `${source}.wake()`, source.ring);
      world.check(value === true, () => `${source}.wake() returned ${value}`);
    }
  },
  raise: (world, { b }) => {
    const watching = world.sources.filter((source) => source.kind === 'signal' && source.active);
    if (watching.length === 0) return;
    world.note(`raise(${SIGNAL})`);
    for (const source of watching) source.isDue = true;
    for (let i = 0; i <= b % 3; i++) probe.raise(constants.signals[SIGNAL]);
  },
  // The number of a live waker, of a signal or of a reactor is not the user's to close.
  closeOwn: (world, { a }) => {
    const own = [...world.numbers].filter(([, file]) => file.kind === 'own-waker' || file.kind === 'own-signal');
    const [fd, file] = pick(own, a) ?? [];
    if (fd === undefined) return;
    perform(world, `socket.close(${fd}), ${file}`, () => socket.close(fd), ['ERR_INVALID_STATE']);
  },
  setTimer: (world, { a, b, c }) => {
    const owner = pickReactor(world, a);
    if (owner === undefined || owner.liveTimers().length > 8) return;
    const repeatMs = c % 4 === 0 ? 0.2 + (c % 8) / 8 : undefined;
    setTimer(owner, (b % 40) / 20, repeatMs, () => {
      actIn(owner, null, owner.hasOnError);
      owner.turn?.leave();
    });
  },
  cancelTimer: (world, { a }) => {
    const timer = pick(
      world.timers.slice(-8).filter((other) => !other.stopsRun),
      a,
    );
    if (timer === undefined) return;
    perform(world, `${timer}.cancel()`, () => timer.handle.cancel());
    timer.active = false;
  },
  openReactor: (world, { b, c }) => {
    if (world.reactors.filter(({ closed }) => !closed).length >= MAX_REACTORS) return;
    const maxEvents = c % 3 === 0 ? 1 + (b % 3) : 1024;
    const owner = new ModelReactor(world, { maxEvents, hasOnError: hasOnError && b % 3 === 0 });
    world.note(`r${owner.id} = new Reactor(maxEvents ${maxEvents}, onError ${owner.hasOnError})`);
  },
  closeReactor: (world, { a }) => {
    const owner = pickReactor(world, a);
    if (owner === undefined) return;
    perform(world, `r${owner.id}.close()`, () => owner.reactor.close());
    owner.end();
  },
  poll: (world, { a }) => poll(world, pickReactor(world, a), 0),
  pollFor: (world, { a, b }) => poll(world, pickReactor(world, a), (b % 20) / 10),
  run: (world, { a }) => run(world, pickReactor(world, a)),
  nothing: () => {},
  throwError: (world) => {
    world.note('throws');
    throw new Thrown('thrown by the model');
  },
};
