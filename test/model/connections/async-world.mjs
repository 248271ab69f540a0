// What a seed of connections by await plays in: a reactor, pairs of connections, and for each end a reader and a writer
// that run beside each other, as programs have them.
import { Reactor } from 'fdreactor';
import { adopt, connect, listen } from 'fdreactor/async';
import { configureConnections } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { AsyncEnd } from './async-end.mjs';
import { Direction } from './directions.mjs';

const { SOL_SOCKET, SO_SNDBUF, SO_RCVBUF } = socket.constants;
const SMALL = new Uint8Array(new Int32Array([4096]).buffer);
const PAIRS = 3;
const MOST_MS = 20_000;

export class AsyncWorld {
  /** @type {Direction[]} */
  directions = [];
  /** @type {string[]} */
  log = [];
  /** @type {AsyncEnd[]} */
  ends = [];
  isOver = false;
  /** @type {unknown[]} */
  unhandled = [];

  /** @param {any} plan */
  constructor(plan) {
    this.plan = plan;
    this.budget = plan.budget;
    const backend = process.env.FDREACTOR_MODEL_BACKEND;
    this.reactor = new Reactor(/** @type {any} */ ({ backend, maxEvents: plan.maxEvents }));
    configureConnections(this.reactor, plan.limits);
    this.noteUnhandled = (/** @type {unknown} */ error) => void this.unhandled.push(error);
    process.on('unhandledRejection', this.noteUnhandled);
    if (plan.mode === 'attach') this.reactor.attach();
  }

  /** @param {string} line */
  note(line) {
    this.log.push(line);
  }

  /** @param {boolean} holds @param {() => string} message */
  check(holds, message) {
    if (!holds) throw new Error(message());
  }

  /** How many bytes of so many may still be sent. @param {number} wanted */
  spend(wanted) {
    const length = Math.min(wanted, this.budget);
    this.budget -= length;
    return length;
  }

  async play() {
    const driven = this.plan.mode === 'attach' ? Promise.resolve() : this.#drive();
    const timer = setTimeout(() => this.#hang(), MOST_MS);
    try {
      await this.#open();
      const operations = (/** @type {number} */ end) =>
        this.plan.turns.filter((/** @type {{ a: number }} */ { a }) => a % this.ends.length === end);
      await Promise.race([
        Promise.all(this.ends.flatMap((end, i) => [end.read(operations(i)), end.write(operations(i))])),
        new Promise((_, reject) => {
          this.fail = reject;
        }),
      ]);
      for (const end of this.ends) end.checkEnd();
      await new Promise((resolve) => setImmediate(resolve));
      this.check(this.unhandled.length === 0, () => `a rejection that is not handled: ${this.unhandled[0]}`);
    } finally {
      clearTimeout(timer);
      this.isOver = true;
      await driven;
    }
  }

  close() {
    process.off('unhandledRejection', this.noteUnhandled);
    this.reactor.close();
  }

  #hang() {
    const ends = this.ends.map((end) => `${end}: ${end.doing}`).join('\n');
    this.fail?.(new Error(`it hangs\n${ends}`));
  }

  async #drive() {
    while (!this.isOver) {
      this.reactor.poll(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** @type {((error: Error) => void) | undefined} */
  fail;

  /** Pairs of sockets, and one that is accepted. */
  async #open() {
    const options = { highWaterMark: this.plan.highWaterMark, maxQueued: 1e9, maxUnread: this.plan.limits.slabBytes };
    for (let i = 1; i < PAIRS; i++) {
      const [left, right] = socket.socketpair();
      this.#add(adopt(this.reactor, left, options), adopt(this.reactor, right, options));
    }
    const server = listen(this.reactor, { host: '127.0.0.1', port: 0, ...options });
    const taken = server[Symbol.asyncIterator]().next();
    const client = await connect(this.reactor, { host: '127.0.0.1', port: server.port, ...options });
    this.#add(client, /** @type {any} */ ((await taken).value));
    await server.close();
  }

  /** @typedef {import('fdreactor/async').AsyncConnection} AsyncConnection */
  /** @param {AsyncConnection} left @param {AsyncConnection} right */
  #add(left, right) {
    const there = new Direction(/** @type {any} */ (this));
    const back = new Direction(/** @type {any} */ (this));
    for (const { fd } of this.plan.smallBuffers ? [left, right] : []) {
      for (const option of [SO_SNDBUF, SO_RCVBUF]) socket.setsockopt(fd, SOL_SOCKET, option, SMALL);
    }
    this.ends.push(new AsyncEnd(this, left, there, back), new AsyncEnd(this, right, back, there));
  }
}
