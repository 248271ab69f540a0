// What a socket of Node does with a FileChunk in its queue. `_write`, `_writev` and `_destroy` are what node:stream
// calls of a stream (its documented way to implement one); a socket that sends a file gets its own, in front of those
// that it had. Nothing else of Node is changed.
import type { Socket } from 'node:net';
import { type ChunkOwner, FileChunk, fileChunkOf, type Settle } from './file-chunk.js';
import { handleOf, type NodeHandle, type SocketInside } from './handle.js';
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

  readonly socket: Socket;
  /** Those that are not over, in the queue of the socket or of a response. */
  readonly #chunks = new Set<FileChunk>();
  readonly #write: Socket['_write'];
  readonly #writev: NonNullable<Socket['_writev']> | null;
  /** How many bytes of files the kernel has taken. */
  #sent = 0;
  /** The handle that counts them. */
  #counted: NodeHandle | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.#write = socket._write;
    this.#writev = socket._writev ?? null;
    const destroy = socket._destroy;
    socket._write = (chunk, encoding, next) => this.#one(chunk, encoding, next);
    if (this.#writev !== null) socket._writev = (entries, next) => this.#some(entries as Entries, next);
    socket._destroy = (error, callback) => {
      if (this.#chunks.size > 0) this.#abandon(error);
      destroy.call(socket, error, callback);
    };
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
    this.#sent += count;
    const handle = handleOf(this.socket);
    if (handle !== undefined && handle !== this.#counted) this.#count(handle);
    (this.socket as SocketInside)._unrefTimer?.(); // progress is activity, as each write of libuv is
  }

  /** `socket.bytesWritten` is what its handle says: adds the bytes that went past libuv. */
  #count(handle: NodeHandle): void {
    this.#counted = handle;
    let prototype: object | null = Object.getPrototypeOf(handle);
    while (prototype !== null && !Object.hasOwn(prototype, 'bytesWritten'))
      prototype = Object.getPrototypeOf(prototype);
    const get = prototype === null ? undefined : Object.getOwnPropertyDescriptor(prototype, 'bytesWritten')?.get;
    if (get === undefined) return;
    const counted = () => (get.call(handle) as number) + this.#sent;
    Object.defineProperty(handle, 'bytesWritten', { get: counted, configurable: true, enumerable: true });
  }

  #abandon(error: Error | null): void {
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
