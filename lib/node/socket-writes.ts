// What a socket of Node does with a FileChunk in its queue. `_write` and `_writev` are what node:stream calls of a
// stream (its documented way to implement one); a socket that sends a file gets its own, in front of those that it had,
// and that of before-destroy.ts. Nothing else of Node is changed.
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { native } from '../native/table.js';
import { type ChunkOwner, FileChunk, fileChunkOf, type Settle } from './file-chunk.js';
import { handleOf } from './handle.js';
import { beforeDestroy } from './inside/before-destroy.js';
import { PastLibuv } from './inside/past-libuv.js';
import type { OpenFile } from './open-file.js';

/** What stands before a file is held back by it, and leaves in the packets of the file; not on macOS. */
const { MSG_MORE } = native.constants.socket as { MSG_MORE?: number };
/** What is longer goes by libuv. Bytes are here only while they are sent. */
const head = Buffer.allocUnsafeSlow(16 << 10);
const nothing = Buffer.alloc(0);
const WRITES = Symbol('fdreactor.writes');

type Next = (error?: Error | null) => void;
type Entry = { chunk: unknown; encoding: BufferEncoding };
type Entries = Entry[] & { allBuffers?: boolean };

/** The writes of one socket. */
export class SocketWrites implements ChunkOwner {
  /** Those of a socket, made by the first call for it. */
  static of(socket: Socket & { [WRITES]?: SocketWrites }): SocketWrites {
    const known = socket[WRITES];
    if (known !== undefined) return known;
    const writes = new SocketWrites(socket);
    Object.defineProperty(socket, WRITES, { value: writes });
    return writes;
  }

  /** Whether a file is on its way in the socket, or waits there. */
  static hasFiles(socket: Socket & { [WRITES]?: SocketWrites }): boolean {
    const writes = socket[WRITES];
    return writes !== undefined && writes.#chunks.size > 0;
  }

  readonly socket: Socket;
  /** Those that are not over, in the queue of the socket or of a response. */
  readonly #chunks = new Set<FileChunk>();
  readonly #counts: PastLibuv;
  readonly #write: Socket['_write'];
  readonly #writev: NonNullable<Socket['_writev']> | null;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.#counts = PastLibuv.of(socket);
    this.#write = socket._write;
    this.#writev = socket._writev ?? null;
    socket._write = (chunk, encoding, next) => this.#one(chunk, encoding, next);
    if (this.#writev !== null) socket._writev = (entries, next) => this.#some(entries as Entries, next);
    beforeDestroy(socket, (error) => this.#abandon(error));
  }

  /** A chunk for the queue of the socket, or of a response that will have the socket. */
  add(target: Writable, file: OpenFile, settle: Settle): FileChunk {
    const chunk = new FileChunk(this, target, file, settle);
    this.#chunks.add(chunk);
    return chunk;
  }

  forget(chunk: FileChunk): void {
    this.#chunks.delete(chunk);
  }

  onSent(count: number): void {
    this.#counts.add(0, count);
  }

  #abandon(error: Error | null): void {
    if (this.#chunks.size === 0) return;
    if (error !== null) this.socket.on('error', () => {}); // who sends the files is told by the promises
    for (const chunk of [...this.#chunks]) chunk.onDestroy(error);
  }

  #one(chunk: unknown, encoding: BufferEncoding, next: Next): void {
    const file = fileChunkOf(chunk);
    if (file === undefined) this.#write.call(this.socket, chunk, encoding, next);
    else file.begin(next);
  }

  /** Several chunks: what is between files goes to libuv in one call each. A loop, since there may be thousands. */
  #some(entries: Entries, next: Next): void {
    let place = 0;
    const goOn = (): void => {
      while (place < entries.length && !this.socket.destroyed) {
        const from = place;
        place = endOfPart(entries, from);
        let isWithin = true;
        let isDone = false;
        this.#part(entries, from, place, (error) => {
          if (error != null) next(error);
          else if (isWithin) isDone = true;
          else goOn();
        });
        isWithin = false;
        if (!isDone) return; // it has failed, or goes on later
      }
      next();
    };
    goOn();
  }

  /**
   * Gives the kernel what stands before a file, to be sent together with it: one packet and one wake-up of the peer
   * less. Returns what it did not take; undefined where all has to go by libuv. Before an empty file it does: the
   * kernel would wait for bytes that never come, 200 ms.
   */
  #sendHead(entries: Entries, from: number, to: number): Buffer | undefined {
    const handle = handleOf(this.socket);
    if (MSG_MORE === undefined || handle === undefined || this.socket.connecting) return undefined;
    if (handle.writeQueueSize > 0 || fileChunkOf(entries[from]?.chunk) !== undefined) return undefined;
    if (!fileChunkOf(entries[to]?.chunk)?.hasBytes) return undefined;
    let length = 0;
    for (let place = from; place < to; place++) {
      const bytes = copyToHead(entries[place] as Entry, length);
      if (bytes < 0) return undefined;
      length += bytes;
    }
    const sent = native.socket.send(handle.fd, head, 0, length, MSG_MORE);
    if (sent <= 0) return undefined; // libuv waits, or meets the error once more
    this.onSent(sent);
    return sent === length ? nothing : Buffer.from(head.subarray(sent, length));
  }

  #part(entries: Entries, from: number, to: number, next: Next): void {
    const rest = to < entries.length ? this.#sendHead(entries, from, to) : undefined;
    if (rest !== undefined) {
      if (rest.length === 0) next();
      else this.#write.call(this.socket, rest, 'buffer' as BufferEncoding, next);
    } else if (to - from === 1) {
      const { chunk, encoding } = entries[from] as Entry;
      this.#one(chunk, encoding, next);
    } else {
      const part: Entries = from === 0 && to === entries.length ? entries : entries.slice(from, to);
      part.allBuffers = entries.allBuffers === true;
      this.#writev?.call(this.socket, part, next);
    }
  }
}

/** Returns how many bytes it has copied; -1 for what has no room, and for strings that are not latin1. */
function copyToHead({ chunk, encoding }: Entry, start: number): number {
  const bytes = chunk as string | Uint8Array;
  if (bytes.length > head.length - start) return -1;
  if (typeof bytes !== 'string') head.set(bytes, start);
  else if (encoding === 'latin1') head.write(bytes, start, 'latin1');
  else return -1;
  return bytes.length;
}

/** Where the part ends that begins at `from`: behind a file, or before the next one. */
function endOfPart(entries: Entries, from: number): number {
  if (fileChunkOf(entries[from]?.chunk) !== undefined) return from + 1;
  let to = from + 1;
  while (to < entries.length && fileChunkOf(entries[to]?.chunk) === undefined) to++;
  return to;
}
