// Generation: the workers that were started together, and those that take the place of one of them. Once it serves it
// keeps their number; once it drains it ends. What must hold: before serve() none of its workers accepts, so that one
// that fails can be thrown away and no client notices.
import { SystemError } from '../base/errors.js';
import { BackOff } from './back-off.js';
import type { WorkerError } from './errors.js';
import { type WorkerContext, type WorkerEvents, WorkerProcess } from './worker-process.js';

export class Generation {
  readonly number: number;
  readonly #context: WorkerContext;
  readonly #onWorkerError: (error: WorkerError | SystemError) => void;
  readonly #backOff = new BackOff();
  readonly #workers = new Set<WorkerProcess>();
  readonly #restarts = new Set<NodeJS.Timeout>();
  /** What start() or serve() waits for. */
  #waiting: { left: Set<WorkerProcess>; resolve: () => void; reject: (error: Error) => void } | null = null;
  #phase: 'starting' | 'serving' | 'draining' | 'killed' = 'starting';
  #isTold = false;
  #onEnded: (() => void)[] = [];
  readonly #events: WorkerEvents = {
    ready: (worker) => this.#ready(worker),
    serving: (worker) => this.#arrived(worker),
    exited: (worker, error) => this.#exited(worker, error),
  };

  constructor(number: number, context: WorkerContext, onWorkerError: (error: WorkerError | SystemError) => void) {
    this.number = number;
    this.#context = context;
    this.#onWorkerError = onWorkerError;
  }

  /** Its processes that have not ended. */
  get workers(): Iterable<WorkerProcess> {
    return this.#workers;
  }

  /** Whether its workers were told to accept, and may have connections. */
  get isTold(): boolean {
    return this.#isTold;
  }

  /** How many of its workers accept. */
  get serving(): number {
    return [...this.#workers].filter(({ state }) => state === 'serving').length;
  }

  /** Starts the processes. Resolves when the workers are ready; rejects with what the first that died has died of. */
  start(): Promise<void> {
    const { workers, spare } = this.#context.options;
    const started = Array.from({ length: workers }, (_, index) => this.#start(index));
    for (let i = 0; i < spare; i++) this.#start(null);
    return this.#all(started);
  }

  /** Tells the workers to accept. Resolves when they do. */
  serve(): Promise<void> {
    const workers = [...this.#workers].filter(({ index }) => index !== null);
    const all = this.#all(workers);
    this.#isTold = true;
    for (const worker of workers) worker.serve(worker.index as number);
    return all.then(() => {
      if (this.#phase === 'starting') this.#phase = 'serving';
    });
  }

  /** Tells the workers that the master stops. */
  tellStopping(): void {
    for (const worker of this.#workers) worker.tellStopping();
  }

  /** Has the workers end their connections and themselves. Resolves when all have ended. */
  drain(): Promise<void> {
    this.#end('draining');
    for (const worker of this.#workers) worker.drain();
    return this.#ended();
  }

  /** Ends them at once. Resolves when all have ended. */
  kill(why: string): Promise<void> {
    this.#end('killed');
    for (const worker of this.#workers) worker.kill(why);
    return this.#ended();
  }

  #start(index: number | null): WorkerProcess {
    const worker = new WorkerProcess(this.#context, this.#events, this.number, index);
    this.#workers.add(worker);
    this.#context.changed();
    return worker;
  }

  #end(phase: 'draining' | 'killed'): void {
    this.#phase = phase;
    for (const timer of this.#restarts) clearTimeout(timer);
    this.#restarts.clear();
    this.#waiting?.reject(new Error(`generation ${this.number} was ended`));
    this.#waiting = null;
  }

  #ended(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#workers.size === 0) resolve();
      else this.#onEnded.push(resolve);
    });
  }

  #all(workers: WorkerProcess[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting = { left: new Set(workers), resolve, reject };
      this.#checkWaiting();
    });
  }

  #checkWaiting(): void {
    if (this.#waiting === null || this.#waiting.left.size > 0) return;
    this.#waiting.resolve();
    this.#waiting = null;
  }

  #arrived(worker: WorkerProcess): void {
    if (this.#waiting?.left.delete(worker)) this.#checkWaiting();
  }

  #ready(worker: WorkerProcess): void {
    if (this.#phase === 'serving' && worker.index !== null) worker.serve(worker.index);
    else this.#arrived(worker);
  }

  #exited(worker: WorkerProcess, error: WorkerError | null): void {
    this.#workers.delete(worker);
    this.#context.changed();
    if (error !== null && this.#phase !== 'killed') this.#onWorkerError(error);
    if (this.#phase === 'serving') this.#replace(worker);
    else if (this.#phase === 'starting') this.#failed(worker, error as WorkerError);
    else if (this.#workers.size === 0) for (const ended of this.#onEnded.splice(0)) ended();
  }

  /** Before the generation serves. A spare one is started again: start() does not wait for it. */
  #failed(worker: WorkerProcess, error: WorkerError): void {
    if (worker.index === null) this.#restart(null, worker);
    else this.#waiting?.reject(error);
  }

  /** A spare worker takes the place of one that died, and another spare one is started. */
  #replace(worker: WorkerProcess): void {
    const spare = worker.index === null ? undefined : this.#spareOne();
    spare?.serve(worker.index as number);
    this.#restart(spare === undefined ? worker.index : null, worker);
  }

  #spareOne(): WorkerProcess | undefined {
    return [...this.#workers].find(({ index, state }) => index === null && state === 'ready');
  }

  #restart(index: number | null, { startedAt }: { startedAt: number }): void {
    const delayMs = this.#backOff.next(Date.now() - startedAt);
    const timer = setTimeout(() => {
      this.#restarts.delete(timer);
      try {
        this.#start(index);
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        this.#onWorkerError(error); // EMFILE: there is no room for its control socket
        this.#restart(index, { startedAt: Date.now() });
      }
    }, delayMs);
    this.#restarts.add(timer);
  }
}
