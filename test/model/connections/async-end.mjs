// An end of a connection by await: what its reader does in each way of reading, and its writer. Its Direction checks
// every byte.
import { WOULD_BLOCK } from 'fdreactor';
import { file, LONGEST } from './directions.mjs';

/** @typedef {import('../plan.mjs').Operation} Operation */

const READS = new Set(['read', 'tryRead', 'exactly', 'until', 'chunks', 'aborted', 'late', 'restReader']);
/** What a wait may end with, and nothing is lost. */
const HARMLESS = new Set(['ABORT_ERR', 'ETIMEDOUT', 'ERR_UNEXPECTED_END', 'ERR_FRAME_TOO_LARGE']);

/** From 0 to 200 KB, small ones most often. @param {number} c */
const sizeOf = (c) => [c % 4, c % 100, c % 2000, c % 20_000, c * 3][(c >> 4) % 5] ?? 0;
const turns = async (/** @type {number} */ count) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

export class AsyncEnd {
  isCut = false;
  isOver = false;
  /** What is awaited, by the reader and by the writer. */
  doing = { reader: '', writer: '' };

  /**
   * @param {import('./async-world.mjs').AsyncWorld} world @param {import('fdreactor/async').AsyncConnection} connection
   * @param {import('./directions.mjs').Direction} out @param {import('./directions.mjs').Direction} into
   */
  constructor(world, connection, out, into) {
    this.world = world;
    this.connection = connection;
    this.out = out;
    this.into = into;
    this.name = `end ${world.ends.length}`;
  }

  toString() {
    return `${this.name}: ${this.doing.reader}, ${this.doing.writer}`;
  }

  /** @param {readonly Operation[]} operations */
  async read(operations) {
    for (const operation of operations.filter(({ kind }) => READS.has(kind))) {
      if (this.isOver) return;
      await this.#readOnce(operation);
    }
    while (!this.isOver) await this.#readOnce({ kind: 'chunks', a: 0, b: 1000, c: 0 });
    this.doing.reader = 'is done';
  }

  /** @param {Operation} operation */
  async #readOnce({ kind, b, c }) {
    this.doing.reader = kind;
    this.world.note(`${this.name}: ${kind} ${b} ${c}`);
    try {
      if (kind === 'read') await this.#into(new Uint8Array(1 + sizeOf(c)), {});
      else if (kind === 'tryRead') await this.#tryRead(new Uint8Array(1 + sizeOf(c)));
      else if (kind === 'exactly') this.#took(await this.connection.readExactly(sizeOf(c)), sizeOf(c) > 0);
      else if (kind === 'until') await this.#until(Uint8Array.of(b % 256), c % 3000);
      else if (kind === 'chunks') await this.#chunks(1 + (b % 5));
      else if (kind === 'aborted') await this.#aborted(b, c);
      else if (kind === 'late') await this.#late(b, c);
      else await turns(b % 5);
    } catch (error) {
      this.#ended(/** @type {NodeJS.ErrnoException} */ (error));
    }
    const { bytesRead, unread } = this.connection;
    const { received } = this.into;
    this.world.check(bytesRead - unread === received, () => `${this}: ${bytesRead} - ${unread} of ${received} bytes`);
  }

  /** @param {Uint8Array} buffer @param {import('fdreactor/async').WaitOptions} options */
  async #into(buffer, options) {
    const count = await this.connection.read(buffer, options);
    this.#took(count === 0 ? null : buffer.subarray(0, count));
  }

  /** @param {Uint8Array} buffer */
  async #tryRead(buffer) {
    await this.connection.readable();
    const count = this.connection.tryRead(buffer);
    this.world.check(count !== WOULD_BLOCK, () => `${this}: it was readable, and nothing is there`);
    this.#took(count === 0 ? null : buffer.subarray(0, count));
  }

  /** @param {Uint8Array} delimiter @param {number} limit */
  async #until(delimiter, limit) {
    const bytes = await this.connection.readUntil(delimiter, limit);
    this.world.check(bytes === null || !bytes.includes(delimiter), () => `${this}: a delimiter in the bytes before it`);
    this.world.check(bytes === null || bytes.length <= limit, () => `${this}: ${bytes?.length} bytes of ${limit}`);
    this.#took(bytes === null ? null : Buffer.concat([bytes, delimiter]));
  }

  /** @param {number} most */
  async #chunks(most) {
    let count = 0;
    for await (const chunk of this.connection.chunks({ keepOpen: true })) {
      this.#took(chunk);
      if (++count === most) return;
    }
    this.#took(null);
  }

  /** A wait that a signal ends somewhen. @param {number} b @param {number} c */
  async #aborted(b, c) {
    const controller = new AbortController();
    const { signal } = controller;
    const wait =
      b % 2 === 0
        ? this.#into(new Uint8Array(1 + sizeOf(c)), { signal })
        : Promise.resolve(this.connection.readExactly(1 + sizeOf(c), { signal })).then((bytes) => this.#took(bytes));
    const aborting = turns(b % 4).then(() => controller.abort());
    await Promise.all([wait, aborting]);
  }

  /** A wait that a deadline ends somewhen. @param {number} b @param {number} c */
  async #late(b, c) {
    this.connection.readDeadline = performance.now() + (b % 4);
    try {
      await this.#into(new Uint8Array(1 + sizeOf(c)), {});
    } finally {
      this.connection.readDeadline = 0;
    }
  }

  /** @param {Uint8Array | null} bytes null: the end */
  #took(bytes, mayEnd = true) {
    if (bytes === null) {
      this.world.check(mayEnd, () => `${this}: an end of no bytes`);
      this.into.seeEnd();
      this.isOver = true;
    } else if (bytes.length > 0) this.into.take(bytes);
  }

  /** @param {NodeJS.ErrnoException} error */
  #ended(error) {
    if (HARMLESS.has(error.code ?? '')) return;
    const isRight = this.isCut || this.into.isLossy || this.out.isLossy;
    this.world.check(isRight && error.code !== undefined, () => `${this} failed: ${error.stack}`);
    this.isOver = true;
  }

  /** @param {readonly Operation[]} operations */
  async write(operations) {
    try {
      for (const operation of operations.filter(({ kind }) => !READS.has(kind))) {
        if (this.connection.closed || this.out.ended) break;
        this.doing.writer = operation.kind;
        this.world.note(`${this.name}: ${operation.kind} ${operation.b} ${operation.c}`);
        await this.#writeOnce(operation);
      }
      this.doing.writer = 'the last flush';
      this.out.ended = true;
      this.connection.end();
      if (!this.isCut) await this.connection.flush();
    } catch (error) {
      const isRight = this.isCut || this.out.isLossy || this.into.isLossy;
      this.world.check(isRight, () => `${this} failed to write: ${/** @type {Error} */ (error).stack}`);
    }
    this.doing.writer = 'is done';
  }

  /** @param {Operation} operation */
  async #writeOnce({ kind, b, c }) {
    const { connection, out } = this;
    if (kind === 'restWriter') return turns(b % 5);
    if (kind === 'flush') return connection.flush();
    if (kind === 'end') {
      out.ended = true;
      return connection.end();
    }
    if (kind === 'close' || kind === 'reset') {
      this.isCut = out.isLossy = this.into.isLossy = true;
      return connection[kind]();
    }
    const length = this.world.spend(Math.min(LONGEST, sizeOf(c)));
    const { place } = out;
    const bytes = out.next(length);
    out.sent += length;
    const middle = b % (length + 1);
    if (kind === 'sendFile') return connection.sendFile(file, place, place + length);
    const room =
      kind === 'write'
        ? connection.write(bytes)
        : connection.writev([bytes.subarray(0, middle), bytes.subarray(middle)]);
    // At times it does not wait, which must make no rejection that is not handled.
    if (b % 3 === 0) room?.catch(() => {});
    else return room;
  }

  /** Both have come to their end. */
  checkEnd() {
    const { out } = this;
    const isWhole = out.isLossy || out.received === out.sent;
    this.world.check(isWhole, () => `${this}: ${out.received} of ${out.sent} bytes arrived`);
    this.world.check(this.connection.closed, () => `${this} is still open`);
  }
}
