// What a socket of Node does with a FileChunk in its queue. `_write` and `_writev` are what node:stream calls of a
// stream (its documented way to implement one); a socket that sends a file gets its own, in front of those that it had,
// and that of before-destroy.ts. Nothing else of Node is changed.
import type { Socket } from 'node:net';
import { type ChunkOwner, FileChunk, fileChunkOf, type Settle } from './file-chunk.js';
import { beforeDestroy } from './inside/before-destroy.js';
import { PastLibuv } from './inside/past-libuv.js';
import type { OpenFile } from './open-file.js';

type Next = (error?: Error | null) => void;
type Entry = { chunk: unknown; encoding: BufferEncoding };
type Entries = Entry[] & { allBuffers?: boolean };

/** The writes of one socket. */
export class SocketWrites implements ChunkOwner {
  static readonly #bySocket = new WeakMap<Socket, SocketWrites>();

  /** Those of a socket, made by the first call for it. */
  static of(socket: Socket): SocketWrites {
    let writes = SocketWrites.#bySocket.get(socket);
    if (writes === undefined) {
      writes = new SocketWrites(socket);
      SocketWrites.#bySocket.set(socket, writes);
    }
    return writes;
  }

  /** Whether a file is on its way in the socket, or waits there. */
  static hasFiles(socket: Socket): boolean {
    const writes = SocketWrites.#bySocket.get(socket);
    return writes !== undefined && writes.#chunks.size > 0;
  }

  readonly socket: Socket;
  /** Those that are not over, in the queue of the socket or of a response. */
  readonly #chunks = new Set<FileChunk>();
  readonly #write: Socket['_write'];
  readonly #writev: NonNullable<Socket['_writev']> | null;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.#write = socket._write;
    this.#writev = socket._writev ?? null;
    socket._write = (chunk, encoding, next) => this.#one(chunk, encoding, next);
    if (this.#writev !== null) socket._writev = (entries, next) => this.#some(entries as Entries, next);
    beforeDestroy(socket, (error) => this.#abandon(error));
  }

  /** A chunk for the queue of the socket, or of a response that will have the socket. */
  add(file: OpenFile, settle: Settle): FileChunk {
    const chunk = new FileChunk(this, file, settle);
    this.#chunks.add(chunk);
    return chunk;
  }

  forget(chunk: FileChunk): void {
    this.#chunks.delete(chunk);
  }

  onSent(count: number): void {
    PastLibuv.of(this.socket).add(0, count);
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

  #part(entries: Entries, from: number, to: number, next: Next): void {
    if (to - from === 1) {
      const { chunk, encoding } = entries[from] as Entry;
      this.#one(chunk, encoding, next);
    } else {
      const part: Entries = from === 0 && to === entries.length ? entries : entries.slice(from, to);
      part.allBuffers = entries.allBuffers === true;
      this.#writev?.call(this.socket, part, next);
    }
  }
}

/** Where the part ends that begins at `from`: behind a file, or before the next one. */
function endOfPart(entries: Entries, from: number): number {
  if (fileChunkOf(entries[from]?.chunk) !== undefined) return from + 1;
  let to = from + 1;
  while (to < entries.length && fileChunkOf(entries[to]?.chunk) === undefined) to++;
  return to;
}
