// An end of a connection that is a Connection of the package: what its handlers may be told, in which order, and what
// its calls must answer.
import { RawEnd } from './raw-end.mjs';
import { Thrown } from './world.mjs';

export class NearEnd {
  isRaw = false;
  /** @type {import('fdreactor/connection').Connection<any> | null} */
  connection = null;
  isOpened = false;
  isClosed = false;
  /** end() was called, or the end of the peer was answered with one. */
  isEnding = false;
  /** It may be closed: it was asked to, or its handlers were told why. */
  mayClose = false;
  /** `error` was told; `close` is next. */
  hasFailed = false;
  mayDrain = false;
  /** More was written than may be queued: ERR_QUEUE_FULL is told in a turn. */
  isFull = false;
  /** In which drive it was paused; -1: it is not. */
  pausedIn = -1;
  /** When setDeadline() lets it time out; null: never. @type {number | null} */
  deadlineAt = null;
  /** What setIdleTimeout() was told. */
  idleMs = 0;
  /** Then it was told, a byte came or went, or it timed out: at this time or later. */
  idleFrom = 0;
  /** A file may be queued. */
  hasFiles = false;
  /** It never comes to be: the port refuses. */
  isRefused = false;
  /** Of a pipe. */
  isReadOnly = false;
  /** A handler of it runs, so many deep. */
  running = 0;

  /**
   * @param {import('./world.mjs').World} world @param {string} name @param {import('./directions.mjs').Direction} out
   * @param {import('./directions.mjs').Direction} into @param {{ hasEnd: boolean, hasError: boolean }} kind
   */
  constructor(world, name, out, into, kind) {
    this.world = world;
    this.name = `${name} ${world.ends.length}`;
    this.out = out;
    this.into = into;
    this.kind = kind;
    world.ends.push(this);
  }

  /** @param {import('fdreactor/connection').Connection<any>} connection */
  begin(connection) {
    this.connection = connection;
    connection.data = this;
  }

  /** Whether the program may still use it. */
  get isLive() {
    return this.connection !== null && !this.isClosed;
  }

  /** Something ends before all has arrived. */
  breakOff() {
    this.out.isLossy = true;
    this.into.isLossy = true;
  }

  onOpen() {
    this.#handle('open', () => {
      this.world.check(!this.isOpened && !this.isRefused, () => `${this} was opened twice, or was refused`);
      this.isOpened = true;
    });
  }

  /** @param {Buffer} bytes */
  onData(bytes) {
    this.#handle('data', () => {
      const { world } = this;
      const most = world.plan.limits.maxReceiveBytes;
      world.check(bytes.length <= most, () => `${this} got ${bytes.length} bytes at once, and may ${most}`);
      const isHeld = this.pausedIn >= 0 && this.pausedIn < world.drives && !world.hasLeftovers;
      world.check(!isHeld, () => `${this} got data while it was paused`);
      world.note(`${this}: data, ${bytes.length} bytes`);
      if (!world.hasLeftovers) this.idleFrom = Math.max(this.idleFrom, world.driveMs);
      this.into.take(bytes);
      const { bytesRead } = /** @type {any} */ (this.connection);
      const total = this.into.received;
      world.check(bytesRead === total, () => `${this}: bytesRead is ${bytesRead} after ${total}`);
    });
  }

  onEnd() {
    this.#handle('end', () => this.into.seeEnd());
  }

  onDrain() {
    this.#handle('drain', () => {
      const { queued } = /** @type {any} */ (this.connection);
      const { highWaterMark } = this.world.plan;
      this.world.check(
        (this.mayDrain || this.out.sent > highWaterMark) && !this.isEnding, // what a turn sent may have found no room
        () => `${this} was told to go on, and had not been told to wait`,
      );
      this.world.check(queued <= highWaterMark, () => `${this}: drain with ${queued} bytes queued`);
      this.mayDrain = false;
    });
  }

  /** @param {'idle' | 'deadline'} reason */
  onTimeout(reason) {
    const { seenMs } = this.world;
    this.#handle('timeout', () => {
      const { world } = this;
      const now = performance.now();
      if (reason === 'deadline') {
        const { deadlineAt } = this;
        world.check(deadlineAt !== null && now >= deadlineAt, () => `${this}: deadline ${deadlineAt} at ${now}`);
        this.deadlineAt = null;
      } else {
        const isRight = this.idleMs > 0 && now >= this.idleFrom + this.idleMs;
        world.check(isRight, () => `${this}: idle for ${this.idleMs} from ${this.idleFrom} at ${now}`);
        this.idleFrom = seenMs;
      }
    });
  }

  /** @param {Error} error */
  onError(error) {
    this.#handle('error', () => this.#checkError(error));
  }

  /** @param {unknown} error what ended it, which one without the handler `error` is told here alone */
  onClose(error) {
    this.sync();
    this.#handle('close', () => {
      const { world } = this;
      const isOver = this.into.endSeen && this.isEnding;
      world.check(this.mayClose || isOver || !this.kind.hasError, () => `${this} was closed, and nothing says why`);
      if (this.mayClose || !isOver || error !== null) this.breakOff();
      this.isClosed = true;
    });
  }

  /** What can be seen of it without a handler. */
  sync() {
    const { connection, world } = this;
    if (connection === null) return;
    if (this.kind.hasEnd || !connection.ended || this.into.endSeen) return;
    world.note(`${this}: has the end of its peer, and ends`);
    this.into.seeEnd();
    if (!this.isEnding) this.markEnding();
  }

  /** No more is written. */
  markEnding() {
    this.isEnding = true;
    this.out.ended = true;
  }

  check() {
    this.sync();
    const { connection, world } = this;
    if (connection === null) return;
    const { closed, bytesRead, bytesWritten, queued } = connection;
    world.check(closed === this.isClosed, () => `${this}: closed is ${closed}`);
    world.check(bytesRead === this.into.received, () => `${this}: bytesRead is ${bytesRead}`);
    const { sent, received } = this.out;
    world.check(bytesWritten === sent, () => `${this}: bytesWritten is ${bytesWritten} after ${sent}`);
    world.check(queued <= sent - received, () => `${this}: ${queued} bytes are queued of ${sent - received}`);
    const { maxQueued, limits } = world.plan;
    const most = maxQueued + limits.sendAreaBytes; // what one turn sends is queued afterwards
    world.check(queued <= most, () => `${this}: ${queued} bytes are queued`);
  }

  /** A call that writes. @param {number} length @param {() => boolean} call */
  write(length, call) {
    const { world } = this;
    const connection = /** @type {any} */ (this.connection);
    const before = connection.bytesWritten;
    const beganMs = performance.now();
    this.out.sent += length; // a handler that write() calls may see them arrive
    const room = call();
    const taken = connection.bytesWritten - before;
    this.out.sent += taken - length;
    const { closed, queued } = connection;
    if (!room && taken < length && world.plan.maxQueued < 1e9 && !closed) this.isFull = true; // `error` follows
    if (this.isFull) this.breakOff();
    const isBroken = this.out.isLossy || this.into.isLossy;
    world.check(taken === length || closed || isBroken, () => `${this}: write() took ${taken} of ${length} bytes`);
    if (closed) {
      world.check(!room, () => `${this}: there is room on a closed connection`);
      return;
    }
    const isRight = room === queued <= world.plan.highWaterMark || (room && length === 0) || (!room && isBroken);
    world.check(isRight, () => `${this}: write() says ${room} with ${queued} bytes queued`);
    if (!room && !this.isFull) this.mayDrain = true;
    const goes = this.isOpened && !this.hasFiles && !this.isFull && taken > 0 && queued === 0;
    if (goes) this.idleFrom = Math.max(this.idleFrom, beganMs);
  }

  /** A call that sends a range of a file. @param {number} length @param {() => boolean} call */
  sendFile(length, call) {
    const { world } = this;
    const connection = /** @type {any} */ (this.connection);
    const before = connection.bytesWritten;
    const room = call();
    const taken = connection.bytesWritten - before;
    this.out.sent += taken;
    this.hasFiles ||= taken > 0;
    const isOver = connection.closed || this.hasFailed || this.isFull;
    world.check(taken === length || isOver, () => `${this}: sendFile() took ${taken} of ${length} bytes`);
    world.check(!room || !connection.closed, () => `${this}: there is room on a closed connection`);
    if (!room && !isOver) this.mayDrain = true;
  }

  /** The program has its fd from here on, unless a file is still to be sent. */
  detach() {
    let detached;
    try {
      detached = /** @type {any} */ (this.connection).detach();
    } catch (error) {
      const isRight = this.hasFiles && /** @type {any} */ (error).code === 'ERR_INVALID_STATE';
      this.world.check(isRight, () => `${this}: detach() threw ${error}`);
      return;
    }
    const { fd, unread, unsent } = detached;
    if (unread.length > 0) this.into.take(unread);
    this.out.sent -= unsent.length;
    this.connection = null;
    this.isClosed = true;
    const raw = new RawEnd(this.world, `${this}, detached`, this.out, this.into, fd);
    raw.isEnding = this.out.ended = this.isEnding && unsent.length === 0;
  }

  toString() {
    return this.name;
  }

  /** @param {Error} error */
  #checkError(error) {
    const { world } = this;
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    world.note(`${this}: error ${code ?? error}`);
    world.check(!this.hasFailed, () => `${this} failed twice`);
    this.hasFailed = this.mayClose = true;
    if (error instanceof Thrown) {
      world.check(world.owed.delete(error), () => `${this} was told what nothing threw`);
    } else if (code === 'ERR_QUEUE_FULL') {
      world.check(world.plan.maxQueued < 1e9, () => `${this}: ${error.message}`);
    } else {
      const isExpected = this.isRefused ? code === 'ECONNREFUSED' : this.out.isLossy || this.into.isLossy;
      world.check(isExpected, () => `${this} failed: ${error.stack}`);
    }
    this.breakOff();
  }

  /** Every handler: is it its turn, what it is told, and what it does. @param {string} name @param {() => void} look */
  #handle(name, look) {
    const { world } = this;
    if (world.failure !== null) return; // it ends after this turn
    world.note(`${this}: ${name}`);
    world.depth++;
    this.running++;
    try {
      this.sync();
      world.check(!this.isClosed, () => `${this} was told ${name} after its close`);
      world.check(!this.hasFailed || name === 'close', () => `${this} was told ${name} after an error`);
      const needsOpen = !['open', 'error', 'close', 'timeout'].includes(name);
      world.check(this.isOpened || !needsOpen, () => `${this} was told ${name} before it was open`);
      look();
      world.runNested(this, name);
    } finally {
      this.running--;
      world.depth--;
      world.seenMs = performance.now();
    }
  }

  /** What a handler throws goes to `error`, or else to the reactor. @param {string} name */
  throwIn(name) {
    const { world } = this;
    const error = new Thrown(`of ${name} of ${this}`);
    world.throwsOut(error);
    this.mayClose = true;
    throw error;
  }
}
