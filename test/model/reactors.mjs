// A reactor as the reference has it: which turn it is in, what is left of a batch, and what its counters must say.
import { Reactor } from 'fdreactor';
import { snapshot } from './bits.mjs';
import { openNumbers, Thrown } from './world.mjs';

/** Fewer than these may not take all that is ready in one turn. */
const ALL_AT_ONCE = 1024;

export class ModelReactor {
  closed = false;
  /** @type {import('./turn.mjs').Turn | null} */
  turn = null;
  /** The turn whose batch an exception has cut off. @type {import('./turn.mjs').Turn | null} */
  unfinished = null;
  /** Whose events may come, and belong to no registration. @type {Set<string>} */
  ghosts = new Set();
  /** A registration has ended, whose event may have been fetched. */
  mayHaveStale = false;
  /** In the last turn. @type {import('./registrations.mjs').ModelRegistration[]} */
  lastDelivered = [];
  /** What its counters must say. */
  events = 0;
  timersFired = 0;
  staleEvents = 0;
  /** What onError was told, since the last look. @type {{ error: unknown, registration: unknown }[]} */
  reported = [];

  /** @param {import('./world.mjs').World} world @param {{ maxEvents: number, hasOnError: boolean }} options */
  constructor(world, { maxEvents, hasOnError }) {
    this.world = world;
    this.id = world.reactors.length;
    this.takesAll = maxEvents >= ALL_AT_ONCE;
    this.hasOnError = hasOnError;
    const onError = hasOnError
      ? (/** @type {unknown} */ error, /** @type {unknown} */ registration) => {
          this.reported.push({ error, registration });
        }
      : undefined;
    const options = /** @type {object} */ ({ maxEvents, ...(onError === undefined ? {} : { onError }) });
    this.reactor = opening(world, 'own-epoll', () => new Reactor(options)).made;
    world.reactors.push(this);
  }

  /** @returns {import('./registrations.mjs').ModelRegistration[]} */
  live() {
    return this.world.registrations.filter((registration) => registration.active && registration.owner === this);
  }

  liveTimers() {
    return this.world.timers.filter((timer) => timer.owner === this && timer.active);
  }

  liveSources() {
    return this.world.sources.filter((source) => source.owner === this && source.active);
  }

  snapshot() {
    return snapshot(this.live().map(({ file }) => file));
  }

  /**
   * An event of it may be in a batch, and not delivered yet. @param {import('./registrations.mjs').ModelRegistration}
   * registration
   */
  mayBeFetched(registration) {
    for (let turn = this.turn ?? this.unfinished; turn !== null; turn = turn.before) {
      if (turn.isLoose || (turn.fetched.has(registration) && !turn.delivered.has(registration))) return true;
    }
    return false;
  }

  /** close(): from the reference's side. */
  end() {
    for (const registration of this.live()) registration.retire();
    for (const timer of this.liveTimers()) timer.active = false;
    for (const source of this.liveSources()) source.end();
    this.closed = true;
    this.unfinished = null;
    this.world.numbers.forEach((file, fd) => {
      if (file.kind === 'own-epoll' && file.port === this.id) this.world.take(fd);
    });
  }

  /** What it counts. */
  check() {
    const { world, reactor } = this;
    if (this.closed) return;
    const size = this.live().length;
    world.check(reactor.size === size, () => `r${this.id}.size is ${reactor.size}, not ${size}`);
    if (this.turn !== null) return; // its counters are written at the end
    const { registered, timers, events, timersFired, staleEvents } = reactor.metrics();
    const expected = {
      registered: size,
      timers: this.liveTimers().length,
      events: this.events,
      timersFired: this.timersFired,
    };
    const found = { registered, timers, events, timersFired };
    world.check(JSON.stringify(found) === JSON.stringify(expected), () => {
      return `r${this.id}.metrics() is ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`;
    });
    if (this.ghosts.size === 0 && !this.mayHaveStale) {
      world.check(staleEvents === this.staleEvents, () => {
        return `r${this.id}: staleEvents grew from ${this.staleEvents} to ${staleEvents}, and nothing was stale`;
      });
    }
    this.staleEvents = staleEvents;
    this.mayHaveStale = this.unfinished !== null;
  }
}

/**
 * Makes something of the package's that has fds of its own, and gives those to the reference.
 * @template T @param {import('./world.mjs').World} world @param {string} kind @param {() => T} make
 * @returns {{ made: T, numbers: number[] }}
 */
export function opening(world, kind, make) {
  const before = openNumbers();
  const made = make();
  const numbers = [...openNumbers()].filter((fd) => !before.has(fd));
  for (const fd of numbers) world.open(kind, fd).port = world.reactors.length;
  return { made, numbers };
}

/** Whether this version of the package has onError. */
export const hasOnError = (() => {
  const { reactor, thrown } = {
    reactor: new Reactor(/** @type {object} */ ({ onError: () => {} })),
    thrown: new Thrown(),
  };
  reactor.setTimer(0, () => {
    throw thrown;
  });
  try {
    reactor.poll(0);
    return true;
  } catch {
    return false;
  } finally {
    reactor.close();
  }
})();
