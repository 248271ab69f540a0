// What a connection could not send yet: bytes and ranges of files, in their order. Made when the kernel takes no more,
// or for a file; most connections never need one. Bytes are copied into blocks, so that many small writes to a peer
// that does not read take no more memory than their bytes.
import { native } from '../native/table.js';
import { FileRange } from './file-range.js';
import type { Streams } from './streams.js';

const { writev } = native.fd;
const MOST_BLOCKS = 64; // of one call
const FIRST_BLOCK_BYTES = 1024;
const BLOCK_BYTES = 16 * 1024;

/** Bytes from `start` to `end` of a buffer. */
class Block {
  readonly buffer: Buffer;
  start = 0;
  end = 0;

  constructor(size: number) {
    this.buffer = Buffer.allocUnsafeSlow(size);
  }

  /** Appends what fits. Returns how much. */
  append(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, this.buffer.length - this.end);
    this.buffer.set(taken === bytes.length ? bytes : bytes.subarray(0, taken), this.end);
    this.end += taken;
    return taken;
  }
}

export class SendQueue {
  readonly #items: (Block | FileRange)[] = [];
  #bytes = 0;

  /** How many bytes of memory it holds. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  /** The range of a file that is to be sent next; null if bytes are. */
  get file(): FileRange | null {
    const [first] = this.#items;
    return first instanceof FileRange ? first : null;
  }

  /** Adds a copy of bytes. */
  push(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    const last = this.#items.at(-1);
    let taken = last instanceof Block ? last.append(bytes) : 0;
    if (taken === bytes.length) return;
    const least = last === undefined ? FIRST_BLOCK_BYTES : BLOCK_BYTES;
    const block = new Block(Math.max(least, bytes.length - taken));
    taken += block.append(bytes.subarray(taken));
    this.#items.push(block);
  }

  pushFile(range: FileRange): void {
    this.#items.push(range);
  }

  /** Puts a copy of bytes before all that is there. */
  unshift(bytes: Uint8Array): void {
    const block = new Block(bytes.length);
    block.append(bytes);
    this.#items.unshift(block);
    this.#bytes += bytes.length;
  }

  /** Of the file that is next, so many bytes were sent. */
  fileSent(sent: number, streams: Streams): void {
    const range = this.file;
    if (range === null) return;
    range.start += sent;
    range.left -= sent;
    if (range.left > 0) return;
    this.#items.shift();
    range.end(streams);
  }

  /** Whether a range of a file is in it. */
  get hasFile(): boolean {
    return this.#items.some((item) => item instanceof FileRange);
  }

  /** All its bytes, which are the caller's from here on. */
  take(streams: Streams): Buffer {
    const blocks = this.#items.filter((item) => item instanceof Block);
    const bytes = Buffer.concat(blocks.map(({ buffer, start, end }) => buffer.subarray(start, end)));
    this.clear(streams);
    return bytes;
  }

  /** Drops all. */
  clear(streams: Streams): void {
    for (const item of this.#items) if (item instanceof FileRange) item.end(streams);
    this.#items.length = 0;
    this.#bytes = 0;
  }

  /** Sends what the kernel takes, in one call, of the bytes before the next file. Returns a native result. */
  send(fd: number): number {
    const views = this.#views();
    if (views.length === 0) return 0;
    const sent = writev(fd, views);
    if (sent > 0) this.#take(sent);
    return sent;
  }

  #views(): Uint8Array[] {
    const views: Uint8Array[] = [];
    for (const item of this.#items) {
      if (item instanceof FileRange || views.length === MOST_BLOCKS) break;
      views.push(item.buffer.subarray(item.start, item.end));
    }
    return views;
  }

  #take(sent: number): void {
    this.#bytes -= sent;
    let left = sent;
    let whole = 0;
    while (left > 0) {
      const block = this.#items[whole] as Block;
      const length = block.end - block.start;
      if (length > left) {
        block.start += left;
        break;
      }
      left -= length;
      whole++;
    }
    this.#items.splice(0, whole);
  }
}
