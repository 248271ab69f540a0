// Inbox: the bytes of a connection that have come and were not read. They stay where they were received until the next
// wait of the reactor, which is after the promises of the turn went on: most are read from there. What is left by then
// is copied into memory of the connection's own, which is given up once it is read.
//
// To change: the copies. What is read when is in reader.ts.
import type { Streams } from '../connection/streams.js';

const FIRST_BYTES = 256;

/** The unread bytes of a connection: a part of one piece of memory. A Borrower, by a method that users do not see. */
export abstract class Inbox {
  #memory: ArrayBuffer | null = null;
  #start = 0;
  #end = 0;
  /** The memory is that of the turn. */
  #isLent = false;

  /** How many bytes have come and were not read. */
  get unread(): number {
    return this.#end - this.#start;
  }

  /**
   * @internal A handler of another connection has transferred the memory of the turn, and bytes that were not read yet
   * are gone: the connection ends. Returns its error.
   */
  protected abstract lost(): Error;

  /** @internal */
  giveBack(): void {
    if (!this.#isLent) return;
    if (this.#memory?.byteLength !== 0) this.#own(0);
    else this.#lose();
  }

  /** @internal Adds bytes of the memory of the turn. */
  protected keep(memory: ArrayBuffer, offset: number, length: number, streams: Streams): void {
    if (this.#start === this.#end) {
      this.#memory = memory;
      this.#start = offset;
      this.#end = offset + length;
      this.#isLent = true;
      streams.lend(this);
      return;
    }
    if (this.#isLent && memory === this.#memory && offset === this.#end) {
      this.#end += length;
      return;
    }
    this.#reserve(length);
    new Uint8Array(this.#memory as ArrayBuffer).set(new Uint8Array(memory, offset, length), this.#end);
    this.#end += length;
  }

  /** @internal Moves as many bytes as there are, and have room, into `into`. Returns how many. */
  protected take(into: Uint8Array): number {
    const length = Math.min(this.#end - this.#start, into.length);
    into.set(this.#view(length));
    this.#skip(length);
    return length;
  }

  /** @internal Takes so many bytes out, as a Buffer that the caller keeps. */
  protected takeBuffer(length: number): Buffer {
    const memory = this.#memory as ArrayBuffer;
    if (!this.#isLent && this.#start === 0 && length === this.#end && length === memory.byteLength) {
      this.#skip(length);
      return Buffer.from(memory);
    }
    const bytes = Buffer.allocUnsafe(length);
    bytes.set(this.#view(length));
    this.#skip(length);
    return bytes;
  }

  /** @internal Drops so many. */
  protected skip(length: number): void {
    this.#skip(length);
  }

  /**
   * @internal Where `delimiter` begins, counted from the first unread byte, when `from` bytes were searched already; or
   * -1.
   */
  protected find(delimiter: Uint8Array, from: number): number {
    if (this.unread === 0) return -1;
    const { buffer, byteOffset, length } = this.#view(this.unread);
    return Buffer.from(buffer, byteOffset, length).indexOf(delimiter, Math.max(0, from - delimiter.length + 1));
  }

  /** The next bytes, in place. */
  #view(length: number): Uint8Array<ArrayBuffer> {
    const memory = this.#memory as ArrayBuffer;
    if (memory.byteLength === 0) throw this.#lose();
    return new Uint8Array(memory, this.#start, length);
  }

  #lose(): Error {
    this.#skip(this.unread);
    return this.lost();
  }

  #skip(length: number): void {
    this.#start += length;
    if (this.#start < this.#end) return;
    this.#memory = null;
    this.#start = this.#end = 0;
    this.#isLent = false;
  }

  /** Room for so many more bytes behind the others, in memory of its own. */
  #reserve(length: number): void {
    const capacity = this.#isLent ? 0 : (this.#memory as ArrayBuffer).byteLength;
    if (this.#end + length > capacity) this.#own(Math.max(FIRST_BYTES, length, this.unread));
  }

  /** Moves what there is to memory of its own, with so much room behind it. */
  #own(room: number): void {
    const { unread } = this;
    const memory = new ArrayBuffer(unread + room);
    new Uint8Array(memory).set(this.#view(unread));
    this.#memory = memory;
    this.#start = 0;
    this.#end = unread;
    this.#isLent = false;
  }
}
