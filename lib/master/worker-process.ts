// WorkerProcess: one process that a master started, from its start to its end: starting -> ready -> serving -> draining
// -> gone. What may change: times and words. What must hold: whatever the process does, it ends in a bounded time, by
// SIGKILL if need be, and `exited` is told once.
import type { ChildProcess } from 'node:child_process';
import { require } from '../native/builtins.js';
import type { Reactor } from '../reactor/reactor.js';
import { Control, type ControlMessage, withControl } from './control.js';
import { environmentOfWorker } from './environment.js';
import { WorkerError } from './errors.js';
import type { CheckedMasterOptions } from './options.js';

/** So long a process may take to exit: after its deadline, and when it has closed its control socket. */
const EXIT_MS = 5000;
/** The first fd behind those of stdio. */
export const FIRST_INHERITED = 3;
/** In one heartbeat a worker is asked so many times. */
const ASKED_PER_HEARTBEAT = 2;

/**
 * What a worker process does: it loads its modules (`starting`), waits to be told to serve (`ready`), accepts
 * connections (`serving`), ends those it has (`draining`), has ended (`gone`).
 */
export type WorkerState = 'starting' | 'ready' | 'serving' | 'draining' | 'gone';

/** What a process is told of; in this order, each at most once. */
export interface WorkerEvents {
  ready(worker: WorkerProcess): void;
  serving(worker: WorkerProcess): void;
  /** The process has ended; `error` says why, and is null if it was to end. */
  exited(worker: WorkerProcess, error: WorkerError | null): void;
}

/** What processes are started with. */
export interface WorkerContext {
  reactor: Reactor;
  options: CheckedMasterOptions;
  /** The fds of each name; `null` is a spare worker's index. */
  listeners: Record<string, number[]>;
  /** Something that state() tells has changed. */
  changed(): void;
}

export class WorkerProcess {
  readonly generation: number;
  readonly startedAt = Date.now();
  /** Which of the workers it is; null for a spare one. */
  index: number | null;
  #state: WorkerState = 'starting';
  /** How many turns its reactor had made when it last answered. */
  turns = 0;
  readonly #context: WorkerContext;
  readonly #events: WorkerEvents;
  readonly #child: ChildProcess;
  readonly #control: Control;
  #startTimer: NodeJS.Timeout | null = null;
  #killTimer: NodeJS.Timeout | null = null;
  readonly #heartbeat: NodeJS.Timeout | null = null;
  #asked = 0;
  #unanswered = 0;
  #askedAtMs = 0;
  /** Why it was killed; null if it was not. */
  #killed: string | null = null;
  #isUnneeded = false;

  constructor(context: WorkerContext, events: WorkerEvents, generation: number, index: number | null) {
    this.#context = context;
    this.#events = events;
    this.generation = generation;
    this.index = index;
    let child: ChildProcess | undefined;
    const fd = withControl((fd) => {
      child = this.#spawn(fd);
    });
    this.#child = child as ChildProcess;
    this.#control = new Control(
      context.reactor,
      fd,
      (message) => this.#take(message),
      () => this.#controlClosed(),
    );
    let isGone = false;
    const gone = (why: string): void => {
      if (!isGone) this.#gone(why);
      isGone = true;
    };
    this.#child.on('error', (error) => {
      if (this.pid === undefined) gone(`was not started: ${error.message}`);
    });
    this.#child.on('exit', (code, signal) =>
      gone(code === null ? `was ended by ${signal}` : `has exited with ${code}`),
    );
    const { readyMs, heartbeatMs } = context.options;
    this.#startTimer = setTimeout(() => this.kill(`was not ready within ${readyMs} ms`), readyMs);
    if (heartbeatMs > 0) this.#heartbeat = setInterval(() => this.#ask(), heartbeatMs / ASKED_PER_HEARTBEAT);
  }

  /** undefined if it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** Tells it to accept, as the worker of that number. */
  serve(index: number): void {
    this.index = index;
    this.#control.send({ serve: index });
  }

  /** Tells it that the master stops, after a while. */
  tellStopping(): void {
    this.#control.send({ stopping: true });
  }

  /** Tells it to end its connections and itself. One that is not ready has none, and is ended at once. */
  drain(): void {
    if (this.#state === 'draining' || this.#state === 'gone') return;
    const { drainMs } = this.#context.options;
    this.#clearStart();
    this.#isUnneeded = this.#state === 'starting';
    this.#set('draining');
    if (this.#isUnneeded) {
      this.#child.kill('SIGKILL');
      return;
    }
    this.#control.send({ drain: drainMs });
    this.#killAfter(drainMs + EXIT_MS, `has not drained within ${drainMs} ms`);
  }

  /** Ends it at once. @param why for the error */
  kill(why: string): void {
    if (this.#state === 'gone') return;
    this.#killed ??= why;
    this.#child.kill('SIGKILL');
  }

  #spawn(control: number): ChildProcess {
    const { spawn } = require('node:child_process') as typeof import('node:child_process');
    const { options, listeners } = this.#context;
    const inherited = [control];
    const numbers: Record<string, number[]> = {};
    for (const [name, fds] of Object.entries(listeners)) {
      numbers[name] = fds.map((fd) => FIRST_INHERITED - 1 + inherited.push(fd));
    }
    const { generation, index } = this;
    const plan = { control: FIRST_INHERITED, generation, index, drainMs: options.drainMs, listeners: numbers };
    return spawn(process.execPath, [...options.execArgv, options.worker, ...options.args], {
      stdio: ['ignore', 'inherit', 'inherit', ...inherited],
      env: environmentOfWorker(options.env, plan),
    });
  }

  #take(message: ControlMessage): void {
    if (message.ready === true && this.#state === 'starting') {
      this.#clearStart();
      this.#set('ready');
      this.#events.ready(this);
    } else if (message.serving === true && this.#state === 'ready') {
      this.#set('serving');
      this.#events.serving(this);
    } else if (message.pong === this.#asked) {
      this.#unanswered = 0;
      this.turns = message.turns ?? 0;
    } else if (message.drained === true) this.#control.end();
  }

  /**
   * A worker that was asked so often and has not answered makes no turns: it answers in a turn. A master that was held
   * up itself has not read the answers yet.
   */
  #ask(): void {
    if (this.#state === 'starting' || this.#control.closed) return;
    const { heartbeatMs } = this.#context.options;
    const now = performance.now();
    const wasHeldUp = this.#asked > 0 && now - this.#askedAtMs > heartbeatMs;
    this.#askedAtMs = now;
    if (!wasHeldUp && this.#unanswered >= ASKED_PER_HEARTBEAT) {
      this.kill(`has made no turn within ${heartbeatMs} ms`);
      return;
    }
    if (wasHeldUp) this.#unanswered = 0;
    this.#unanswered++;
    this.#control.send({ ping: ++this.#asked });
  }

  /** It has ended, which is told next, or has closed the socket, and can be told nothing any more. */
  #controlClosed(): void {
    if (this.#state !== 'draining' && this.#state !== 'gone') {
      this.#killAfter(EXIT_MS, 'has closed its control socket');
    }
  }

  #killAfter(delayMs: number, why: string): void {
    if (this.#killTimer !== null) clearTimeout(this.#killTimer);
    this.#killTimer = setTimeout(() => this.kill(why), delayMs);
  }

  #gone(how: string): void {
    const { exitCode, signalCode } = this.#child;
    const hasDrained = this.#state === 'draining' && exitCode === 0 && this.#killed === null;
    this.#clearStart();
    if (this.#killTimer !== null) clearTimeout(this.#killTimer);
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    const { pid, index, generation } = this;
    this.#set('gone');
    this.#control.close();
    const details = { pid, index, generation, exitCode, signal: signalCode };
    this.#events.exited(this, hasDrained || this.#isUnneeded ? null : new WorkerError(this.#killed ?? how, details));
  }

  #clearStart(): void {
    if (this.#startTimer !== null) clearTimeout(this.#startTimer);
    this.#startTimer = null;
  }

  #set(state: WorkerState): void {
    this.#state = state;
    this.#context.changed();
  }
}
