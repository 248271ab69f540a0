// A backend without a kernel: the test writes what each wait returns and what each change answers. It shows that a
// backend is one file and one line in the list, and lets the dispatch rules run on events that no kernel would report
// on demand.
//
// Its clock runs ahead of the real one: a wait for which nothing is written takes no time, and ends when it should.
import '../helpers/lib-sources.js';
import { failure } from '../../lib/base/errors.js';
import { native } from '../../lib/native/table.js';
import { CLOCK, WAITED } from '../../lib/queue/event-batch.js';
import type {
  Backend,
  BackendCapabilities,
  BackendKind,
  CompletionPart,
  HostPart,
  WatchPart,
} from '../../lib/reactor/backend.js';
import { BACKENDS, type BackendName } from '../../lib/reactor/backends/index.js';
import type { Mode } from '../../lib/reactor/interest.js';
import type { ReactorOptions } from '../../lib/reactor/options.js';
import { backendOf, Reactor } from '../../lib/reactor/reactor.js';
import { dispose } from '../helpers/owned.js';

export interface ScriptedEvent {
  slot: number;
  generation: number;
  ready: number;
}

/** What the backend has beside the core, and what it declares. */
export interface ScriptedParts {
  host?: HostPart;
  completions?: CompletionPart;
  /** Whether it has muteReadClosed(). */
  mutes?: boolean;
  /** Whether it has the part for exclusive registrations: the core does the work, as `exclusive` of what is watched. */
  excludes?: boolean;
  capabilities?: Partial<BackendCapabilities>;
}

interface Watched {
  slot: number;
  generation: number;
  interest: number;
  mode: Mode;
}

type Change = 'register' | 'modify' | 'watchInternal';

const FIRST_FD = 1_000_000;

export class ScriptedBackend implements Backend {
  readonly kind: BackendKind;
  readonly fd = -1;
  readonly times = new Float64Array(2);
  readonly changeCall = 'scripted_change';
  readonly host?: HostPart;
  readonly completions?: CompletionPart;
  readonly muteReadClosed?: (fd: number) => void;
  readonly exclusive?: WatchPart;
  /** What it watches, by fd or source. */
  readonly watched = new Map<number, Watched>();
  /** The arguments of each wait, the deadline relative to the clock. */
  readonly waits: { timeoutMs: number; inMs: number }[] = [];
  /** Every other call that changes something. */
  readonly calls: string[] = [];
  /** What deregister() returns: whether the fd is still the same file. False, because no file has such a number. */
  isSameFile = false;
  readonly #maxEvents: number;
  readonly #script: (ScriptedEvent | Error)[][] = [];
  readonly #answers = new Map<Change, number | Error>();
  #batch: ScriptedEvent[] = [];
  #aheadMs = 0;

  constructor(kind: BackendKind, maxEvents: number, { host, completions, mutes, excludes }: ScriptedParts) {
    this.kind = kind;
    this.#maxEvents = maxEvents;
    if (host !== undefined) this.host = host;
    if (completions !== undefined) this.completions = completions;
    if (mutes) this.muteReadClosed = (fd) => void this.calls.push(`muteReadClosed ${fd - FIRST_FD}`);
    if (excludes) this.exclusive = this.#excluding();
    this.readClock();
  }

  /** Writes what the next unwritten wait returns; an Error is thrown instead. */
  writeWait(...batch: (ScriptedEvent | Error)[]): void {
    this.#script.push(batch);
  }

  /** Makes the next change of that kind fail with an error number, or throw. */
  failNext(change: Change, error: number | Error): void {
    this.#answers.set(change, typeof error === 'number' ? failure(error) : error);
  }

  /** An event for what watches the fd now. It is stale when that has ended. */
  eventOf(fd: number, ready: number): ScriptedEvent {
    const { slot, generation } = this.watched.get(fd) as Watched;
    return { slot, generation, ready };
  }

  /** Lets the time go by. */
  advance(byMs: number): void {
    this.#aheadMs += byMs;
  }

  register(fd: number, slot: number, generation: number, interest: number, mode: Mode): number {
    return this.#change('register', () => this.watched.set(fd, { slot, generation, interest, mode }));
  }

  modify(fd: number, slot: number, generation: number, interest: number, mode: Mode): number {
    return this.#change('modify', () => this.watched.set(fd, { slot, generation, interest, mode }));
  }

  deregister(fd: number): boolean {
    this.calls.push(`deregister ${fd - FIRST_FD}`);
    return this.watched.delete(fd) && this.isSameFile;
  }

  watchInternal(source: number, slot: number, generation: number): number {
    return this.#change('watchInternal', () => {
      this.watched.set(source, { slot, generation, interest: 1, mode: 'level' });
    });
  }

  unwatchInternal(source: number): boolean {
    return this.watched.delete(source);
  }

  wait(timeoutMs: number, deadlineMs: number): number {
    this.readClock();
    const beganMs = this.times[CLOCK] as number;
    this.waits.push({ timeoutMs, inMs: deadlineMs - beganMs });
    const batch = this.#script.shift();
    const error = batch?.find((entry) => entry instanceof Error);
    if (error !== undefined) throw error;
    const events = (batch ?? []) as ScriptedEvent[];
    if (events.length > this.#maxEvents) this.#script.unshift(events.splice(this.#maxEvents));
    this.#batch = events;
    if (batch === undefined) this.#waitInVain(timeoutMs, deadlineMs - beganMs);
    this.readClock();
    this.times[WAITED] = (this.times[CLOCK] as number) - beganMs;
    return events.length;
  }

  slot(index: number): number {
    return (this.#batch[index] as ScriptedEvent).slot;
  }

  generation(index: number): number {
    return (this.#batch[index] as ScriptedEvent).generation;
  }

  ready(index: number): number {
    return (this.#batch[index] as ScriptedEvent).ready;
  }

  readClock(): void {
    this.times[CLOCK] = native.now() + this.#aheadMs;
  }

  close(): void {
    this.calls.push('close');
    this.watched.clear();
  }

  #excluding(): WatchPart {
    const change = (kind: 'register' | 'modify'): WatchPart['register'] => {
      return (fd, slot, generation, interest, mode) => {
        this.calls.push(`exclusive ${kind} ${fd - FIRST_FD}`);
        const result = this[kind](fd, slot, generation, interest, mode);
        if (result < 0) this.watched.delete(fd);
        return result;
      };
    };
    return { register: change('register'), modify: change('modify') };
  }

  /** Nothing is written for the wait: it takes all its time. */
  #waitInVain(timeoutMs: number, inMs: number): void {
    const tookMs = Math.min(timeoutMs < 0 ? Number.POSITIVE_INFINITY : timeoutMs, Math.max(0, inMs));
    if (tookMs === Number.POSITIVE_INFINITY) throw new Error('a wait without limit, and nothing is written for it');
    this.advance(tookMs);
  }

  #change(kind: Change, make: () => void): number {
    const answer = this.#answers.get(kind);
    this.#answers.delete(kind);
    if (answer instanceof Error) throw answer;
    if (answer !== undefined) return answer;
    make();
    return 0;
  }
}

/** An fd that no file has: nothing but the script knows it. */
export const fdOf = (index: number): number => FIRST_FD + index;

/** A kind of backend that opens scripted ones. */
export function scriptedKind(parts: ScriptedParts = {}): BackendKind {
  const kind: BackendKind = {
    name: 'scripted',
    available: true,
    capabilities: {
      edge: true,
      oneshot: true,
      priority: true,
      exclusive: parts.excludes === true,
      attach: false,
      ...parts.capabilities,
    },
    open: (maxEvents) => new ScriptedBackend(kind, maxEvents, parts),
  };
  return kind;
}

/** Lists the kind, as a line in lib/reactor/backends/index.ts would, for as long as `body` runs. */
export function whileListed<T>(kind: BackendKind, body: () => T): T {
  BACKENDS.push(kind);
  try {
    return body();
  } finally {
    BACKENDS.splice(BACKENDS.indexOf(kind), 1);
  }
}

/** A reactor on a scripted backend. The test closes it in the end. */
export function openScripted(
  parts: ScriptedParts = {},
  options: ReactorOptions = {},
): { reactor: Reactor; kernel: ScriptedBackend } {
  const backend = 'scripted' as BackendName;
  const reactor = whileListed(scriptedKind(parts), () => dispose(new Reactor({ ...options, backend })));
  return { reactor, kernel: backendOf(reactor) as ScriptedBackend };
}
