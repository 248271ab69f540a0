// One turn of a reactor, judged. What may be told is what poll(2) says of the file just before the wait or just after
// it (TCP may change in between); what must be told is what it says both times.
import { Ready } from 'fdreactor';
import { ALL_INTERESTS, CLOSURES, readyOf, snapshot } from './bits.mjs';
import { Thrown } from './world.mjs';

/** @typedef {import('./registrations.mjs').ModelRegistration} ModelRegistration */
/** @typedef {import('./reactors.mjs').ModelReactor} ModelReactor */

/**
 * @typedef {object} Fetched a registration at the time of the wait
 * @property {number} interest
 * @property {boolean} isQuiet
 * @property {boolean} isEdge
 * @property {boolean} isArmed
 * @property {boolean} isSurelyArmed
 * @property {boolean} isDue an edge has certainly come
 * @property {boolean} mayBeDue anything has been done to the file
 * @property {number} version
 * @property {number} activity
 * @property {number} arrivals
 * @property {number} toldClosures
 * @property {boolean} wasReadable
 */

export class Turn {
  /** @type {Map<ModelRegistration, Fetched>} */
  fetched = new Map();
  /** @type {import('./sources.mjs').ModelSource[]} */
  dueSources;
  /** @type {import('./timers.mjs').ModelTimer[]} */
  dueTimers;
  /** @type {import('./bits.mjs').Snapshot} */
  first;
  /** At the first handler. @type {import('./bits.mjs').Snapshot | null} */
  second = null;
  /** Where it is loose: at every handler. @type {import('./bits.mjs').Snapshot[]} */
  others = [];
  /** @type {Map<ModelRegistration, number>} */
  delivered = new Map();
  /** @type {Set<import('./sources.mjs').ModelSource>} */
  heard = new Set();
  handlers = 0;
  timersFired = 0;
  /** What a handler threw last, and to whom it goes. @type {{ error: Thrown, goesOut: boolean } | null} */
  thrown = null;

  /** @param {ModelReactor} owner @param {boolean} isRun */
  constructor(owner, isRun) {
    this.owner = owner;
    this.world = owner.world;
    /** The turn whose batch this one goes on with. */
    this.before = owner.unfinished;
    this.isRun = isRun;
    /** Whether handlers may run before a wait: of several turns, or timers that an exception has put off. */
    this.isLoose = isRun || this.before !== null;
    for (const registration of owner.live()) this.fetched.set(registration, fetch(registration));
    this.dueSources = owner.liveSources().filter(({ isDue }) => isDue);
    this.first = owner.snapshot();
    const now = performance.now();
    this.dueTimers = owner.liveTimers().filter(({ latest }) => latest < now);
  }

  /** Before any handler does anything. */
  enter() {
    this.second ??= snapshot([...this.fetched.keys()].map(({ file }) => file));
    if (this.isLoose) this.others.push(this.owner.snapshot());
  }

  /** After a handler did what it does. */
  leave() {
    if (this.isLoose && !this.owner.closed) this.others.push(this.owner.snapshot());
  }

  /** A handler of a registration was called. @param {ModelRegistration} registration @param {number} ready */
  deliver(registration, ready) {
    const { world } = this;
    this.enter();
    this.handlers++;
    world.check(registration.active, () => `${registration} is not active, and is told ${ready}`);
    const may = this.isLoose ? this.#mayInLoose(registration) : this.#may(registration);
    world.check(ready !== 0 && (ready & ~may) === 0, () => `${registration} is told ${ready}, and poll(2) says ${may}`);
    const isSecond = this.delivered.has(registration) && !this.isLoose;
    world.check(!isSecond, () => `${registration} is told twice in a turn`);
    this.delivered.set(registration, (this.delivered.get(registration) ?? 0) | ready);
    this.#told(registration, ready);
  }

  /**
   * The turn has ended; `outcome` is what the call returned or threw. @param {{ value?: unknown, error?: unknown }}
   * outcome
   */
  end({ value, error }) {
    const { owner, world } = this;
    this.second ??= owner.snapshot();
    for (const timer of owner.liveTimers()) timer.endTurn();
    owner.lastDelivered = [...this.delivered.keys()];
    owner.events += this.handlers;
    owner.timersFired += this.timersFired;
    this.#checkThrown(error);
    if (error !== undefined) {
      owner.unfinished = owner.closed ? null : this;
      for (const timer of this.dueTimers) this.#checkPatience(timer);
      return;
    }
    owner.unfinished = null;
    if (!this.isRun) {
      const total = this.handlers + this.timersFired;
      world.check(value === total, () => `poll() returned ${value}, and ran ${total}`);
    }
    if (owner.closed) return;
    this.#checkTimers();
    if (this.before !== null) this.#checkUnfinished(this.before);
    else if (owner.takesAll && !this.isRun) this.#checkAll();
  }

  /** What the batch may say of it. @param {ModelRegistration} registration */
  #may(registration) {
    const { world } = this;
    const fetched = this.fetched.get(registration);
    if (fetched === undefined) return world.fail(`${registration} was registered in this turn, and is told already`);
    const { isArmed, isEdge, mayBeDue, interest, isQuiet } = fetched;
    world.check(isArmed && (!isEdge || mayBeDue || !registration.file.isSynchronous), () => {
      return `${registration} is told again, and nothing has happened to it`;
    });
    return readyOf(interest, this.#uncertain(registration.file), isQuiet) & (registration.interest | CLOSURES);
  }

  /** The same, where it is unknown when it was waited for. @param {ModelRegistration} registration */
  #mayInLoose(registration) {
    let may = 0;
    for (/** @type {Turn | null} */ let turn = this; turn !== null; turn = turn.before) {
      for (const found of [turn.first, turn.second, ...turn.others]) {
        may |= readyOf(ALL_INTERESTS, found?.get(registration.file) ?? 0, false);
      }
    }
    return may & (registration.interest | CLOSURES);
  }

  /** What being told changes. @param {ModelRegistration} registration @param {number} ready */
  #told(registration, ready) {
    const { world, isLoose } = this;
    if (registration.mode === 'oneshot') {
      world.check(registration.arms > 0, () => `${registration} has fired, and is told again`);
      registration.arms--;
    }
    const fetched = this.fetched.get(registration);
    registration.seenActivity = isLoose || fetched === undefined ? -1 : fetched.activity;
    // A loose turn may have waited after what handlers did: then no further edge is due for that.
    registration.seenArrivals = isLoose || fetched === undefined ? registration.file.arrivals : fetched.arrivals;
    registration.toldClosures |= ready & CLOSURES;
    if (ready & Ready.READABLE) registration.wasReadable = true;
    if (isLoose || registration.version === fetched?.version) registration.isFresh = false;
    const { interest, mode } = registration;
    const isAskedFor = interest === 0 || (interest & 1) !== 0;
    if (ready & 8 && !isAskedFor && mode === 'level' && !registration.hasMoved) registration.isQuiet = true;
  }

  /** What a complete turn tells of it. @param {ModelRegistration} registration @param {Fetched} fetched */
  #must({ file }, { interest, isQuiet, isEdge, isSurelyArmed, isDue, toldClosures, wasReadable }) {
    const ready = readyOf(interest, this.#certain(file), isQuiet);
    if (!isSurelyArmed) return 0;
    const isNew = (ready & CLOSURES & ~toldClosures) !== 0 || (!wasReadable && (ready & Ready.READABLE) !== 0);
    return !isEdge || isDue || isNew ? ready : 0;
  }

  /** What poll(2) said both times. @param {import('./world.mjs').File} file */
  #certain(file) {
    return (this.first.get(file) ?? 0) & (this.second?.get(file) ?? 0);
  }

  /** What it said at least once. @param {import('./world.mjs').File} file */
  #uncertain(file) {
    return (this.first.get(file) ?? 0) | (this.second?.get(file) ?? 0);
  }

  /** Everything that was ready has been told. */
  #checkAll() {
    const { world } = this;
    for (const [registration, fetched] of this.fetched) {
      if (!registration.active || registration.version !== fetched.version || registration.hasMoved) continue;
      const must = this.#must(registration, fetched);
      const told = this.delivered.get(registration) ?? 0;
      world.check((must & ~told) === 0, () => `${registration} was told ${told}, and poll(2) says ${must}`);
      registration.isFresh = false;
      registration.wasReadable =
        (readyOf(ALL_INTERESTS, this.#uncertain(registration.file), false) & Ready.READABLE) !== 0;
      registration.seenArrivals = fetched.arrivals;
    }
    for (const source of this.dueSources) {
      world.check(!source.active || this.heard.has(source), () => `${source} was rung, and not heard`);
    }
  }

  /** What an exception kept from its handlers has been told now. @param {Turn} cut */
  #checkUnfinished(cut) {
    const { world } = this;
    if (cut.isLoose) return; // its batch is that of an earlier turn, in part
    for (const [registration, fetched] of cut.fetched) {
      if (!cut.owner.takesAll || !registration.active || registration.version !== fetched.version) continue;
      if (registration.hasMoved || cut.isLoose || fetched.isEdge !== registration.isEdge) continue;
      const must = cut.#must(registration, fetched);
      const told = (cut.delivered.get(registration) ?? 0) | (this.delivered.get(registration) ?? 0);
      world.check((must & ~told) === 0, () => `${registration} was told ${told} after an exception, not ${must}`);
    }
    for (const source of cut.dueSources) {
      const isHeard = !source.active || cut.heard.has(source) || this.heard.has(source);
      world.check(isHeard || !cut.owner.takesAll || cut.isLoose, () => `${source} was rung, and an exception lost it`);
    }
  }

  #checkTimers() {
    for (const timer of this.dueTimers) {
      const isLate = timer.active && timer.order === timer.orderAtTurn && timer.firings === timer.firingsAtTurn;
      this.world.check(!isLate, () => `${timer} was due, and has not fired`);
    }
  }

  /** Exceptions may put a timer off, but not for ever. @param {import('./timers.mjs').ModelTimer} timer */
  #checkPatience(timer) {
    if (timer.active && timer.firings === timer.firingsAtTurn) timer.putOff++;
    // The next turn begins with it; one before it may throw then.
    const most = 1 + 2 * this.owner.liveTimers().length;
    this.world.check(timer.putOff <= most, () => `${timer} was put off by exceptions of ${timer.putOff} turns`);
  }

  /** @param {unknown} error */
  #checkThrown(error) {
    const { world, thrown } = this;
    if (error instanceof Thrown || error === undefined) {
      const expected = thrown?.goesOut ? thrown.error : undefined;
      world.check(error === expected, () => `the call threw ${error}, and the handler ${expected}`);
    } else if (world.failure === null) {
      world.fail(`a turn threw ${error}`);
    }
  }
}

/** @param {ModelRegistration} registration @returns {Fetched} */
function fetch(registration) {
  const { interest, isQuiet, isEdge, mode, arms, areArmsCertain, version, file, isFresh, toldClosures, wasReadable } =
    registration;
  const isReadable = (interest & 1) !== 0 && registration.seenArrivals !== file.arrivals;
  const isDue = isFresh || isReadable;
  return {
    interest,
    isQuiet,
    isEdge,
    isArmed: mode !== 'oneshot' || arms > 0,
    isSurelyArmed: mode !== 'oneshot' || (arms > 0 && areArmsCertain),
    isDue,
    mayBeDue: isFresh || registration.seenActivity !== file.activity,
    version,
    activity: file.activity,
    arrivals: file.arrivals,
    toldClosures,
    wasReadable,
  };
}

/**
 * A call that takes turns: poll() or run().
 * @param {ModelReactor} owner @param {boolean} isRun @param {() => unknown} call
 */
export function takeTurn(owner, isRun, call) {
  const turn = new Turn(owner, isRun);
  for (const timer of owner.liveTimers()) timer.beginTurn();
  owner.turn = turn;
  /** @type {{ value?: unknown, error?: unknown }} */
  let outcome;
  try {
    outcome = { value: call() };
  } catch (error) {
    outcome = { error };
  } finally {
    owner.turn = null;
  }
  if (owner.world.failure !== null) throw owner.world.failure;
  turn.end(outcome);
  return outcome;
}
