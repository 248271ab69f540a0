// PoolWorker: one place of the pool, and the threads that fill it one after another. It starts them, sees them end, and
// starts the next; the pool hears of it. Each thread has a ring, a message port and a waker of its own, so that nothing
// of one that has ended reaches the next.
import type { MessagePort, Worker } from 'node:worker_threads';
import { SystemError, withErrorCode } from '../base/errors.js';
import { ownUrl, workerThreads } from '../native/builtins.js';
import { Waker } from '../reactor/waker.js';
import type { Handed, HandedMessage, WorkerReport, WorkerStart } from './module.js';
import type { CheckedPoolOptions } from './options.js';
import type { WorkerLoad } from './policy.js';
import { Control, OPEN_CALL, RingWriter } from './ring.js';

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 10_000;
/** A thread that has served for so long is not the one of a row of failures. */
const STEADY_MS = 10_000;
const PROGRAM = './workers/main.js';

/** What a PoolWorker tells the pool. */
export interface PoolWorkerHost {
  readonly options: CheckedPoolOptions;
  /** What threads wake when the pool is to look at their rings. */
  readonly waker: Waker;
  /** The worker serves from here on. */
  onReady(worker: PoolWorker): void;
  /** A thread has failed, and another one follows unless the pool closes. */
  onFailed(worker: PoolWorker, error: Error): void;
  /** A thread has ended; what was on its way comes by onReturned() before. */
  onEnded(worker: PoolWorker): void;
  /** An fd was on its way to a thread that has ended. */
  onReturned(fd: number, handed: Handed | undefined): void;
  onError(worker: PoolWorker, error: Error): void;
}

export class PoolWorker implements WorkerLoad {
  readonly index: number;
  readonly listenerFd: number | undefined;
  readonly #host: PoolWorkerHost;
  #ring: RingWriter;
  #thread: Worker | null = null;
  #port: MessagePort | null = null;
  #waker: Waker | null = null;
  /** What was posted, by number, until the worker has taken it: a thread that ends may leave it. */
  readonly #handed = new Map<number, Handed>();
  #lastNumber = 0;
  #error: Error | null = null;
  #timer: NodeJS.Timeout | undefined;
  #readyAtMs = 0;
  /** In a row. */
  #failures = 0;
  #starts = 0;
  #isEnding = false;
  #mayWake = false;

  constructor(host: PoolWorkerHost, index: number, listenerFd: number | undefined) {
    this.#host = host;
    this.index = index;
    this.listenerFd = listenerFd;
    this.#ring = new RingWriter(host.options.capacity);
  }

  get ready(): boolean {
    return this.#waker !== null;
  }

  get load(): number {
    return this.#ring.load;
  }

  get queued(): number {
    return this.#ring.queued;
  }

  get hasRoom(): boolean {
    return this.#waker !== null && !this.#isEnding && !this.#ring.isFull;
  }

  get ring(): RingWriter {
    return this.#ring;
  }

  get thread(): Worker | null {
    return this.#thread;
  }

  /** How many threads in a row have failed to start, or ended soon. */
  get failures(): number {
    return this.#failures;
  }

  /** How often a thread was started in place of another. */
  get restarts(): number {
    return Math.max(0, this.#starts - 1);
  }

  /** Whether it still accepts from its listener. */
  get mayAccept(): boolean {
    return this.#thread !== null && !this.#ring.hasStopped;
  }

  start(): void {
    const { options, waker } = this.#host;
    const { port1, port2 } = new workerThreads.MessageChannel();
    this.#ring = new RingWriter(options.capacity);
    this.#port = port1;
    this.#error = null;
    this.#starts++;
    const workerData: WorkerStart = {
      url: options.url,
      index: this.index,
      words: this.#ring.words,
      port: port2,
      poolWaker: waker.transfer(),
      listenerFd: this.listenerFd,
      drive: options.drive,
      cpus: options.cpus === undefined ? undefined : [options.cpus[this.index % options.cpus.length] as number],
      workerData: options.workerData,
    };
    try {
      this.#thread = new workerThreads.Worker(new URL(PROGRAM, ownUrl), { workerData, transferList: [port2] });
    } catch (error) {
      this.#error = error as Error;
      this.#timer = setTimeout(() => this.#onExit(1), 0); // start() calls nothing of the pool
      return;
    }
    this.#watch(this.#thread, port1);
  }

  #watch(thread: Worker, port1: MessagePort): void {
    const { options } = this.#host;
    port1.on('message', (report: WorkerReport) => this.#onReport(report));
    thread.on('error', (error) => {
      this.#error ??= error instanceof Error ? error : new Error(String(error), { cause: error });
    });
    thread.once('exit', (code) => this.#onExit(code));
    this.#timer = setTimeout(() => {
      this.#error = new Error(`it was not ready within ${options.startTimeoutMs} ms`);
      void thread.terminate();
    }, options.startTimeoutMs).unref(); // the thread keeps the process alive
  }

  /** Puts an fd on its way; hasRoom is true. wake() follows. @throws DataCloneError, before anything is done */
  push(fd: number, handed: Handed | undefined): void {
    let number = 0;
    if (handed !== undefined) {
      number = this.#lastNumber + 1;
      (this.#port as MessagePort).postMessage({ number, ...handed } satisfies HandedMessage);
      this.#lastNumber = number;
      this.#forgetTaken();
      this.#handed.set(number, handed);
    }
    this.#ring.push(fd, number);
    this.#mayWake = true;
  }

  /** Asks to be woken when there is room; one that is not ready says so by onReady(). */
  wantRoom(): void {
    this.#ring.wantRoom();
  }

  /** Wakes the thread, if there is something for it that it would not look at by itself. */
  wake(): void {
    if (!this.#mayWake) return;
    this.#mayWake = false;
    if (this.#ring.takesWake()) this.#waker?.wake();
  }

  /**
   * Has the worker end: after what is on its way, as the module says. One that starts is waited for: Node leaves files
   * open that a thread is reading when it is terminated.
   */
  drain(): void {
    this.#isEnding = true;
    if (this.#thread === null) {
      clearTimeout(this.#timer);
      this.#host.onEnded(this);
    } else if (this.#waker !== null) {
      this.#ring.tell(Control.DRAIN);
      this.#waker.wake();
    }
  }

  /** Ends the thread, whatever it does. */
  terminate(): void {
    void this.#thread?.terminate();
  }

  /** The entries of the ring are taken in their order, and their messages with them. */
  #forgetTaken(): void {
    let excess = this.#handed.size - this.#ring.queued;
    for (const number of this.#handed.keys()) {
      if (excess-- <= 0) return;
      this.#handed.delete(number);
    }
  }

  #onReport(report: WorkerReport): void {
    if ('lost' in report) {
      this.#host.onError(this, new SystemError(report.error, OPEN_CALL, { fd: report.lost }));
      return;
    }
    clearTimeout(this.#timer);
    this.#port?.unref(); // the thread keeps the process alive, not the port
    this.#waker = Waker.from(report.ready);
    this.#readyAtMs = performance.now();
    if (this.#isEnding) this.drain();
    else this.#host.onReady(this);
  }

  #onExit(code: number): void {
    const wasReady = this.#waker !== null;
    clearTimeout(this.#timer);
    this.#port?.close();
    this.#thread = this.#port = this.#waker = null;
    this.#takeBack();
    if (this.#isEnding) {
      if (this.#error !== null) this.#host.onError(this, this.#errorOf(code, wasReady));
      this.#host.onEnded(this);
      return;
    }
    if (wasReady && performance.now() - this.#readyAtMs >= STEADY_MS) this.#failures = 0;
    const delayMs = this.#failures === 0 && wasReady ? 0 : FIRST_DELAY_MS * 2 ** this.#failures;
    this.#failures++;
    this.#timer = setTimeout(() => this.start(), Math.min(delayMs, LONGEST_DELAY_MS));
    this.#host.onFailed(this, this.#errorOf(code, wasReady));
  }

  #takeBack(): void {
    while (
      this.#ring.takeBack((fd, number) => {
        this.#host.onReturned(fd, number === 0 ? undefined : this.#handed.get(number));
      })
    );
    this.#handed.clear();
  }

  #errorOf(code: number, wasReady: boolean): Error {
    const cause = this.#error;
    const why = cause === null ? `it exited with code ${code}` : cause.message;
    const what = wasReady ? 'has ended' : 'did not start';
    const error = new Error(`worker ${this.index} ${what}: ${why}`, cause === null ? undefined : { cause });
    return withErrorCode(error, wasReady ? 'ERR_WORKER_ENDED' : 'ERR_WORKER_NOT_STARTED');
  }
}
