// What a seed plays in: a reactor with its listener, the two ends of each connection, and what is expected of them.
import { Reactor } from 'fdreactor';
import { configureConnections, Listener } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { makeHandlers } from './handlers.mjs';
import { leavesOut } from './plan.mjs';

/** What handlers of the model throw. */
export class Thrown extends Error {}

/** What the model found the package to do. */
class ModelFailure extends Error {}

const { SOL_SOCKET, SO_SNDBUF, SO_RCVBUF, IPPROTO_TCP, TCP_MAXSEG } = socket.constants;
const SEGMENT = new Uint8Array(new Int32Array([1000]).buffer);
const SMALL = new Uint8Array(new Int32Array([4096]).buffer);
const HOST = '127.0.0.1';

export class World {
  /** @type {import('./directions.mjs').Direction[]} */
  directions = [];
  /** @type {(import('./near-end.mjs').NearEnd | import('./raw-end.mjs').RawEnd)[]} */
  ends = [];
  /** @type {import('./piped.mjs').Piped[]} */
  piped = [];
  /** Those of which the listener has told nothing yet, by the port of the other side. */
  awaited = new Map();
  /** @type {string[]} */
  log = [];
  /** The first: a handler's may go into the package, and come out as something else. @type {Error | null} */
  failure = null;
  /** What handlers threw, and nothing was told of yet. @type {Set<unknown>} */
  owed = new Set();
  nextNested = 0;
  nextKind = 0;
  isDraining = false;
  /** How often the reactor was driven. */
  drives = 0;
  /** When that began last. */
  driveMs = 0;
  /** When a handler returned last, or when the reactor was driven after it: what a handler is told came later. */
  seenMs = 0;
  /** The last drive ended by an exception: the next one begins with what it left. */
  hasLeftovers = false;
  depth = 0;
  /** @type {(self: import('./near-end.mjs').NearEnd, handler: string) => void} */
  runNested = () => {};

  /** @param {import('./plan.mjs').ConnectionPlan} plan */
  constructor(plan) {
    this.plan = plan;
    this.budget = plan.budget;
    const onError = plan.hasOnError ? (/** @type {unknown} */ error) => this.reported(error) : undefined;
    const backend = process.env.FDREACTOR_MODEL_BACKEND;
    this.reactor = new Reactor(/** @type {any} */ ({ backend, maxEvents: plan.maxEvents, onError }));
    configureConnections(this.reactor, plan.limits);
    this.kinds = makeHandlers(this);
    this.options = { highWaterMark: plan.highWaterMark, maxQueued: plan.maxQueued };
    this.#listen();
    if (plan.mode === 'attach') this.reactor.attach();
  }

  /** A listener of the next kind of handlers; the connections that wait in an old one's queue are lost. */
  renewListener() {
    this.listener.close();
    for (const end of this.awaited.values()) end.breakOff();
    this.awaited.clear();
    this.#listen();
  }

  #listen() {
    const fd = socket.listenTcp({ host: HOST, port: 0 });
    this.shrinkBuffers(fd);
    // With segments larger than the buffers a window that was full opens by a probe only, after 200 ms.
    if (TCP_MAXSEG !== undefined && !leavesOut('segments')) socket.setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, SEGMENT);
    this.listenerKind = this.nextHandlers();
    this.listener = new Listener(this.reactor, { fd, ...this.options }, this.listenerKind.handlers);
    this.address = { host: HOST, port: /** @type {{ port: number }} */ (this.listener.address).port };
  }

  /** The kinds of handlers in turn: some have no `end`, some no `error`. */
  nextHandlers() {
    return /** @type {ReturnType<typeof makeHandlers>[number]} */ (this.kinds[this.nextKind++ % this.kinds.length]);
  }

  /** So that sends are taken in part. @param {number} fd */
  shrinkBuffers(fd) {
    if (!this.plan.smallBuffers) return;
    for (const option of [SO_SNDBUF, SO_RCVBUF]) socket.setsockopt(fd, SOL_SOCKET, option, SMALL);
  }

  /** How many bytes of so many may still be sent. @param {number} wanted */
  spend(wanted) {
    const length = Math.min(wanted, this.budget);
    this.budget -= length;
    return length;
  }

  /** @param {string} line */
  note(line) {
    this.log.push('  '.repeat(this.depth) + line);
  }

  /** @param {boolean} holds @param {() => string} message */
  check(holds, message) {
    if (holds) return;
    this.failure ??= new ModelFailure(message());
    throw this.failure;
  }

  /** A handler throws, and where to is known. @param {unknown} error */
  throwsOut(error) {
    this.owed.add(error);
  }

  /** An error came out of the turn, or to onError. @param {unknown} error */
  reported(error) {
    if (this.failure !== null) return;
    if (!this.owed.delete(error)) {
      const text = error instanceof Error ? error.stack : error;
      this.failure = new ModelFailure(`a turn threw what is not owed: ${text}`);
    }
  }

  /** Drives the reactor for a turn, or for some. @param {number} waitMs */
  async drive(waitMs) {
    this.drives++;
    this.driveMs = this.seenMs = performance.now();
    const { mode } = this.plan;
    let hasThrown = false;
    if (mode === 'attach') {
      await new Promise((resolve) => (waitMs > 0 ? setTimeout(resolve, waitMs) : setImmediate(resolve)));
    } else {
      try {
        if (mode === 'poll') this.reactor.poll(waitMs);
        else {
          this.reactor.setTimer(waitMs, () => this.reactor.stop());
          this.reactor.run();
        }
      } catch (error) {
        hasThrown = true;
        this.reported(error);
      }
    }
    this.hasLeftovers = hasThrown;
    this.checkAll();
  }

  /** What must hold after whatever was done. */
  checkAll() {
    if (this.failure !== null) throw this.failure;
    for (const end of this.ends) end.check();
  }
}
