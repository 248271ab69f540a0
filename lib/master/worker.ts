// Worker: what a process that a master started knows and says. What must hold: it works under run(), where neither a
// promise nor a message of process.on('message') goes on.
import { checkFunction, checkObject } from '../base/arguments.js';
import { invalidState } from '../base/errors.js';
import { sharedReactor } from '../node/shared-reactor.js';
import type { Reactor } from '../reactor/reactor.js';
import type { Timer } from '../reactor/timers.js';
import { close } from '../socket/calls.js';
import { ensureNonBlocking } from '../socket/non-blocking.js';
import { Control, type ControlMessage } from './control.js';
import { takePlan, WORKER, type WorkerPlan } from './environment.js';

/** The master drives the workers; a terminal or systemd may send these to all processes at once. */
const SIGNALS_OF_MASTER = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR2'] as const;

/**
 * What a worker does: it loads (`starting`), waits to be told to serve (`ready`), accepts (`serving`), still accepts
 * but is about to end (`stopping`), accepts no more (`draining`), has ended its connections (`drained`).
 */
export type WorkerPhase = 'starting' | 'ready' | 'serving' | 'stopping' | 'draining' | 'drained';

/**
 * This process, as a worker of a `Master`: there is one, `worker`. It is told when to accept and when to drain, and
 * tells when it is ready and when it has drained.
 *
 * If the master dies, the worker drains. SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGUSR2 do not end it, because a terminal
 * and systemd send them to the master as well.
 */
export class Worker {
  #plan: WorkerPlan | null | undefined;
  #control: Control | null = null;
  #reactor: Reactor | null = null;
  #orphanTimer: Timer | null = null;
  #phase: WorkerPhase = 'starting';
  #index: number | null = null;
  #onServe: ((listeners: Readonly<Record<string, number>>) => void) | null = null;
  #onDrain: ((deadlineMs: number) => void) | null = null;

  /** @internal */
  constructor() {
    Object.seal(this);
  }

  /** Whether a master started this process. The other members throw ERR_INVALID_STATE if not. */
  get isWorker(): boolean {
    return this.#known() !== null;
  }

  /** Which generation it is of, from 1: reloads count. */
  get generation(): number {
    return this.#checked().generation;
  }

  /** Which of the workers it is, from 0; null for a spare one that does not serve yet. */
  get index(): number | null {
    this.#checked();
    return this.#index;
  }

  /** What it does; a health check may answer with it. */
  get phase(): WorkerPhase {
    this.#checked();
    return this.#phase;
  }

  /**
   * The fds of the sockets that listen, by the names that the master has for them: non-blocking, for `new Listener()`,
   * an `Acceptor`, or `server.listen({ fd })` of Node. Close them as you like: the master holds them open. Of a
   * listener with `reusePort` it is the worker's own one.
   *
   * @throws ERR_INVALID_STATE in a spare worker before `onServe`, if a listener has `reusePort`
   */
  get listeners(): Readonly<Record<string, number>> {
    const { listeners } = this.#checked();
    const own = Object.entries(listeners).map(([name, fds]) => {
      const fd = fds.length === 1 ? fds[0] : fds[this.#index ?? -1];
      if (fd === undefined) throw invalidState('a spare worker gets its listeners with onServe()');
      return [name, fd] as const;
    });
    return Object.fromEntries(own);
  }

  /**
   * Sets what begins to accept. It is called once, in a turn after `ready()`: in a new generation when all of its
   * workers are ready, in a spare worker when it takes the place of another one. Without it the worker accepts when it
   * likes, and a reload that fails may lose connections.
   *
   * @param handler gets the listeners. What it throws ends the worker
   */
  onServe(handler: (listeners: Readonly<Record<string, number>>) => void): void {
    checkFunction(handler, 'handler');
    this.#checked();
    this.#onServe = handler as (listeners: Readonly<Record<string, number>>) => void;
  }

  /**
   * Sets what drains: closes the listeners, lets the requests under way end, and calls `drained()`. It closes no idle
   * connection before the deadline, because a request may be on its way: it answers the next one with `Connection:
   * close`, or what the protocol has for that. See the guide's page on processes.
   *
   * @param handler is called once, with the milliseconds that are left: then SIGKILL comes, five seconds later
   */
  onDrain(handler: (deadlineMs: number) => void): void {
    checkFunction(handler, 'handler');
    this.#checked();
    this.#onDrain = handler as (deadlineMs: number) => void;
  }

  /**
   * Tells the master that all is loaded. Call it once, after `onDrain()` and `onServe()`.
   *
   * @param reactor whose turns hear the master, and show it that the worker is alive; it is kept running until
   * `drained()`. By default `sharedReactor()`, which runs beside Node's event loop
   * @throws ERR_INVALID_STATE if it was called before, or `onDrain()` was not
   */
  ready(reactor: Reactor = sharedReactor()): void {
    const plan = this.#checked();
    checkObject(reactor, 'reactor');
    if (this.#phase !== 'starting') throw invalidState('ready() was called before');
    if (this.#onDrain === null) throw invalidState('onDrain() first: a worker that cannot drain drops its connections');
    this.#control = new Control(
      reactor,
      plan.control,
      (message) => this.#take(message),
      () => this.#masterIsGone(),
    );
    this.#reactor = reactor;
    this.#phase = 'ready';
    this.#control.send({ ready: true });
  }

  /**
   * Tells the master that all connections have ended. The process is to end now, by itself: `run()` returns when the
   * reactor has nothing else. Does nothing if it was called before.
   *
   * @throws ERR_INVALID_STATE before `onDrain`'s handler was called
   */
  drained(): void {
    this.#checked();
    if (this.#phase === 'drained') return;
    if (this.#phase !== 'draining') throw invalidState('drained() before the worker was told to drain');
    this.#phase = 'drained';
    this.#orphanTimer?.cancel();
    this.#control?.send({ drained: true });
    this.#control?.end();
  }

  #take(message: ControlMessage): void {
    if (message.ping !== undefined) {
      this.#control?.send({ pong: message.ping, turns: (this.#reactor as Reactor).metrics().turns });
    } else if (message.serve !== undefined) this.#serve(message.serve);
    else if (message.stopping === true) {
      if (this.#phase === 'serving') this.#phase = 'stopping';
    } else if (message.drain !== undefined) this.#drain(message.drain);
  }

  #serve(index: number): void {
    if (this.#phase !== 'ready') return;
    this.#index = index;
    this.#phase = 'serving';
    this.#closeOthers(index);
    this.#onServe?.(this.listeners);
    this.#control?.send({ serving: true });
  }

  /** The listeners of the other workers: these have them. */
  #closeOthers(index: number): void {
    const { listeners } = this.#checked();
    for (const [name, fds] of Object.entries(listeners)) {
      if (fds.length === 1) continue;
      for (const [i, fd] of fds.entries()) if (i !== index) close(fd);
      listeners[name] = [fds[index] as number];
    }
  }

  #drain(deadlineMs: number): void {
    if (this.#phase === 'draining' || this.#phase === 'drained') return;
    if (this.#phase === 'ready' && this.#onServe !== null) process.exit(0); // it has accepted nothing
    this.#phase = 'draining';
    // At the end of a turn: a listener that is closed amid the events of one drops what was accepted in it.
    (this.#reactor as Reactor).setTimer(0, () => this.#onDrain?.(deadlineMs));
  }

  /** Without the master no other process ends this one. */
  #masterIsGone(): void {
    if (this.#phase === 'drained' || (this.#reactor as Reactor).closed) return;
    const { drainMs } = this.#checked();
    this.#orphanTimer = (this.#reactor as Reactor).setTimer(drainMs + 1000, () => process.exit(1));
    this.#drain(drainMs);
  }

  #checked(): WorkerPlan {
    const plan = this.#known();
    if (plan === null) throw invalidState('this process was not started by a Master');
    return plan;
  }

  #known(): WorkerPlan | null {
    if (this.#plan === undefined) {
      this.#plan = takePlan<WorkerPlan>(WORKER);
      if (this.#plan !== null) this.#begin(this.#plan);
    }
    return this.#plan;
  }

  #begin({ index, listeners }: WorkerPlan): void {
    this.#index = index;
    for (const fd of Object.values(listeners).flat()) ensureNonBlocking(fd);
    for (const signal of SIGNALS_OF_MASTER) process.on(signal, () => {});
  }
}

/** This process as a worker; `worker.isWorker` says whether it is one. */
export const worker: Worker = new Worker();
