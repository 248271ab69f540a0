// Master: what a user calls. It makes one thing after the other: start, reloads and upgrades stand in a queue, and a
// stop ends what is under way. The workers are in generation.ts, the sockets in listeners.ts.
import { invalidState, type SystemError } from '../base/errors.js';
import { require } from '../native/builtins.js';
import { Reactor } from '../reactor/reactor.js';
import { checkPassesFds } from '../socket/message-fields.js';
import { BackOff } from './back-off.js';
import type { WorkerError } from './errors.js';
import { Generation } from './generation.js';
import { HeldListeners } from './listeners.js';
import { type CheckedMasterOptions, checkMasterOptions, type MasterOptions } from './options.js';
import { PidFile } from './pid-file.js';
import { Service } from './service.js';
import { type MasterInfo, type MasterPhase, StateFile } from './state.js';
import { Predecessor, Successor } from './successor.js';

const { EventEmitter } = require('node:events') as typeof import('node:events');

/** So often a first generation is tried. */
const START_TRIES = 5;

/** The events of a Master, and what their listeners get. */
export interface MasterEvents {
  /** A generation serves: after the start, and after each reload. */
  serving: [generation: number];
  /**
   * A worker died that was not to, or had to be killed; another one takes its place. Without a listener it is a
   * warning of the process.
   */
  workerError: [error: WorkerError | SystemError];
  /** A reload or an upgrade failed; the workers of before go on. Without a listener it is a warning. */
  failed: [action: 'reload' | 'upgrade', error: Error];
  /** Another master has taken over; this one drains its workers and ends. */
  upgraded: [pid: number];
  /** All workers have ended, and all sockets are closed. */
  stopped: [];
}

/**
 * Starts worker processes, and keeps them: it holds the sockets that listen, replaces workers that die, and exchanges
 * all of them without losing a connection. It runs in Node's event loop, and serves nothing itself.
 *
 * - SIGHUP, `reload()`: new workers are started, with the program as it is now. When all are ready they accept, and the
 *   old ones drain.
 * - SIGUSR2, `upgrade()`: the same with a new master, which inherits the sockets.
 * - SIGTERM, `stop()`: the workers drain, and the master ends.
 *
 * A worker says by `worker` of this module when it is ready, and when it has drained. Not on Windows, where a process
 * does not inherit sockets.
 */
export class Master extends EventEmitter<MasterEvents> {
  readonly #options: CheckedMasterOptions;
  readonly #service = new Service();
  readonly #startBackOff = new BackOff();
  readonly #draining = new Set<Promise<void>>();
  readonly #old = new Set<Generation>();
  #phase: MasterPhase = 'new';
  #reactor: Reactor | null = null;
  #listeners: HeldListeners | null = null;
  #current: Generation | null = null;
  /** The one that is being started. */
  #next: Generation | null = null;
  #successor: Successor | null = null;
  #pidFile: PidFile | null = null;
  #stateFile: StateFile | null = null;
  #lastGeneration = 0;
  #workerErrors = 0;
  #queue: Promise<unknown> = Promise.resolve();
  #pendingReload: Promise<void> | null = null;
  #stopped: Promise<void> | null = null;
  #stopNow: (() => void) | null = null;
  #unwatch: (() => void) | null = null;

  /**
   * @throws TypeError or RangeError for a wrong option; UnsupportedError on Windows
   */
  constructor(options: MasterOptions) {
    super();
    checkPassesFds('Master');
    this.#options = checkMasterOptions(options);
  }

  /** What it does, and its processes; a new object each time. */
  state(): MasterInfo {
    const all = [...this.#old, this.#current, this.#next].filter((generation) => generation !== null);
    const workers = all.flatMap((generation) => [...generation.workers]);
    return {
      pid: process.pid,
      phase: this.#phase,
      generation: this.#current?.number ?? 0,
      workerErrors: this.#workerErrors,
      listeners: this.#listeners?.addresses ?? {},
      workers: workers.map(({ pid, generation, index, state, startedAt, turns }) => {
        return { pid, generation, index, state, startedAt, turns };
      }),
    };
  }

  /**
   * Opens the sockets and starts the workers. A worker that fails is started again, after a while, up to five times.
   * Under systemd it takes the sockets that were passed, and sends READY.
   *
   * @returns resolves when all workers accept. Rejects, with all closed again: WorkerError of the last worker that
   * failed; SystemError of a socket (EADDRINUSE ...); ERR_MASTER_RUNS if the process of the pid file runs;
   * ERR_INVALID_STATE if it was called before
   */
  async start(): Promise<void> {
    if (this.#phase !== 'new') throw invalidState('start() was called before');
    this.#set('starting');
    await this.#enqueue(() => this.#start());
  }

  /**
   * Exchanges the workers: starts new ones, and drains the old ones when all new ones accept. Calls while another one
   * waits for its turn are one.
   *
   * @returns resolves when the new workers accept. Rejects if one of them failed: they are ended, and the old ones
   * go on; ERR_INVALID_STATE if the master does not run, or stops meanwhile
   */
  async reload(): Promise<void> {
    this.#checkRunning();
    this.#pendingReload ??= this.#enqueue(() => {
      this.#pendingReload = null;
      return this.#acting('reloading', 'reload', () => this.#reload());
    });
    await this.#pendingReload;
  }

  /**
   * Starts this program again, as a new master that inherits the sockets, and gives way to it when it serves. Then this
   * master drains its workers and ends, as by `stop()`. Its number is no longer that of the server; systemd is told
   * (MAINPID, with `NotifyAccess=all`). Useless as the first process of a container, which ends with it.
   *
   * @returns resolves when the new master serves. Rejects if it failed: the workers go on; ERR_INVALID_STATE if the
   * master does not run, or stops meanwhile
   */
  async upgrade(): Promise<void> {
    this.#checkRunning();
    await this.#enqueue(() => this.#acting('upgrading', 'upgrade', () => this.#upgrade()));
  }

  /**
   * Stops: tells the workers and systemd, waits `stopDelayMs`, closes the sockets, and lets the workers drain.
   *
   * @returns resolves when all workers have ended. Each call returns the same
   */
  stop(): Promise<void> {
    if (this.#phase === 'new') this.#set('stopped');
    if (this.#phase === 'stopped') return Promise.resolve();
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #start(): Promise<void> {
    const reactor = new Reactor();
    this.#reactor = reactor;
    const { signals, pidFile, stateFile, listeners, workers } = this.#options;
    let predecessor: Predecessor | null = null;
    try {
      reactor.attach();
      predecessor = Predecessor.find(reactor);
      if (signals) this.#watchSignals();
      if (pidFile !== null && predecessor === null) this.#pidFile = PidFile.create(pidFile);
      this.#listeners = new HeldListeners(listeners, workers, predecessor?.listeners ?? []);
      this.#lastGeneration = predecessor?.generation ?? 0;
      await this.#startFirst(predecessor === null ? START_TRIES : 1);
      await predecessor?.takeOver();
      this.#listeners.claimFiles();
      if (pidFile !== null) this.#pidFile ??= PidFile.takeOver(pidFile);
    } catch (error) {
      predecessor?.close();
      await this.#release(true);
      throw error;
    }
    if (stateFile !== null) this.#stateFile = new StateFile(stateFile, () => this.state());
    this.#service.tell({ READY: 1, MAINPID: process.pid, STATUS: 'serving' });
    this.#service.watch(predecessor?.pid, () => (this.#current?.serving ?? 0) > 0);
    this.#set('serving');
    this.emit('serving', this.#lastGeneration);
  }

  async #startFirst(tries: number): Promise<void> {
    for (let tried = 1; ; tried++) {
      try {
        await this.#startNext();
        return;
      } catch (error) {
        if (tried >= tries || this.#stopped !== null) throw error;
        await this.#pause(this.#startBackOff.next(0));
      }
    }
  }

  /** Starts a generation, which takes the place of the current one; or ends it. */
  async #startNext(): Promise<void> {
    this.#checkNotStopping();
    const context = {
      reactor: this.#reactor as Reactor,
      options: this.#options,
      listeners: (this.#listeners as HeldListeners).fds,
      changed: () => this.#stateFile?.changed(),
    };
    const next = new Generation(++this.#lastGeneration, context, (error) => this.#workerFailed(error));
    this.#next = next;
    try {
      await next.start();
      await next.serve();
    } catch (error) {
      if (next.isTold) this.#drain(next);
      else await next.kill('is of a generation that failed');
      throw error;
    } finally {
      this.#next = null;
    }
    const old = this.#current;
    this.#current = next;
    if (old !== null) this.#drain(old);
  }

  async #reload(): Promise<void> {
    this.#service.tell({ RELOADING: 1, STATUS: 'reloading' });
    try {
      while (this.#old.size > 0 && this.#old.size + 2 > this.#options.maxGenerations) await this.#aDrain();
      await this.#startNext();
      this.emit('serving', this.#lastGeneration);
    } finally {
      if (this.#stopped === null) this.#service.tell({ READY: 1, STATUS: 'serving' });
    }
  }

  async #upgrade(): Promise<void> {
    const { plan } = this.#listeners as HeldListeners;
    const { readyMs } = this.#options;
    const successor = new Successor(this.#reactor as Reactor, this.#lastGeneration, plan, 2 * readyMs);
    this.#successor = successor;
    try {
      await successor.ready;
      this.#checkNotStopping();
    } catch (error) {
      successor.kill();
      throw error;
    } finally {
      this.#successor = null;
    }
    this.#service.tell({ MAINPID: successor.pid });
    successor.giveWay();
    this.#stopped = this.#end(false);
    this.emit('upgraded', successor.pid);
  }

  /** Makes a step of its own phase; what it fails with is told as an event as well. */
  async #acting(phase: MasterPhase, action: 'reload' | 'upgrade', act: () => Promise<void>): Promise<void> {
    this.#checkRunning();
    this.#set(phase);
    try {
      await act();
    } catch (error) {
      if (this.#stopped === null)
        this.#tell('failed', error as Error, () => this.emit('failed', action, error as Error));
      throw error;
    } finally {
      if (this.#stopped === null) this.#set('serving');
    }
  }

  async #stop(): Promise<void> {
    this.#service.tell({ STOPPING: 1, STATUS: 'stopping' });
    this.#set('stopping');
    this.#stopNow?.();
    this.#successor?.kill();
    const { stopDelayMs } = this.#options;
    if (this.#next?.isTold === false) void this.#next.kill('was started while the master stopped');
    if (stopDelayMs > 0 && this.#current !== null) {
      this.#current.tellStopping();
      await new Promise((resolve) => setTimeout(resolve, stopDelayMs));
    }
    await this.#queue;
    if (this.#reactor !== null && !this.#reactor.closed) await this.#end(true);
  }

  /** @param isLast false where another master goes on */
  async #end(isLast: boolean): Promise<void> {
    this.#set('stopping');
    this.#listeners?.close(isLast);
    if (!isLast) this.#stateFile?.close(false); // the next one writes it
    if (!isLast) this.#stateFile = null;
    if (this.#current !== null) this.#drain(this.#current);
    this.#current = null;
    await this.#release(isLast);
    this.emit('stopped');
  }

  /** Gives all back, when all workers have ended. */
  async #release(isLast: boolean): Promise<void> {
    while (this.#draining.size > 0) await this.#aDrain();
    this.#unwatch?.();
    this.#service.close();
    this.#listeners?.close(isLast);
    this.#listeners = null;
    this.#stateFile?.close(isLast);
    this.#pidFile?.remove();
    this.#reactor?.close();
    this.#phase = 'stopped';
  }

  #drain(generation: Generation): void {
    this.#old.add(generation);
    const draining = generation.drain().then(() => {
      this.#old.delete(generation);
      this.#draining.delete(draining);
    });
    this.#draining.add(draining);
  }

  /** Waits until the next generation has drained, or the master stops. */
  async #aDrain(): Promise<void> {
    const stopping = new Promise<void>((resolve) => {
      this.#stopNow = resolve;
    });
    await Promise.race([...this.#draining, ...(this.#stopped === null ? [stopping] : [])]);
    this.#stopNow = null;
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      this.#stopNow = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #enqueue(act: () => Promise<void>): Promise<void> {
    const made = this.#queue.then(act);
    this.#queue = made.catch(() => {}); // the caller is told
    return made;
  }

  #workerFailed(error: WorkerError | SystemError): void {
    this.#workerErrors++;
    this.#tell('workerError', error, () => this.emit('workerError', error));
  }

  #tell(event: keyof MasterEvents, error: Error, emit: () => void): void {
    if (this.listenerCount(event) > 0) emit();
    else process.emitWarning(error);
  }

  #watchSignals(): void {
    const quietly = (promise: Promise<void>): void => {
      promise.catch(() => {}); // told by the event 'failed'
    };
    const handlers: Partial<Record<NodeJS.Signals, () => void>> = {
      SIGHUP: () => quietly(this.reload()),
      SIGUSR2: () => quietly(this.upgrade()),
      SIGTERM: () => quietly(this.stop()),
      SIGINT: () => quietly(this.stop()),
      SIGQUIT: () => quietly(this.stop()),
    };
    for (const [signal, handler] of Object.entries(handlers)) process.on(signal, handler);
    this.#unwatch = () => {
      for (const [signal, handler] of Object.entries(handlers)) process.off(signal, handler);
    };
  }

  #set(phase: MasterPhase): void {
    this.#phase = phase;
    this.#stateFile?.changed();
  }

  #checkRunning(): void {
    if (this.#phase === 'new' || this.#phase === 'stopped') throw invalidState('the master does not run');
    this.#checkNotStopping();
  }

  #checkNotStopping(): void {
    if (this.#stopped !== null || this.#phase === 'stopping') throw invalidState('the master stops');
  }
}
