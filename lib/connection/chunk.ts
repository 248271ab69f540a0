// Chunk: the bytes that a handler gets. A Buffer over the memory of the turn, whose copies are copies: slice() of a
// Buffer would be a view of memory that is used again.

/** With FDREACTOR_DEBUG=views a chunk is overwritten as soon as its handler has returned, so that a mistake shows. */
const POISONS = process.env.FDREACTOR_DEBUG?.split(',').includes('views') === true;
const POISON = 0xdb;

/** A Buffer of its own memory. Written so that older versions of TypeScript, whose Buffer is not generic, take it. */
type Copy = ReturnType<Buffer['slice']>;

/**
 * Bytes that arrived: a Buffer over the memory of the turn. They are valid until the handler returns, because the
 * memory is used again; so is a view of them that `subarray()` makes. With the environment variable
 * `FDREACTOR_DEBUG=views` they are overwritten with 0xdb as soon as the handler has returned, so that a mistake shows.
 */
export interface Chunk extends Buffer {
  /**
   * A copy of a part, which may be kept; not a view, as that of a Buffer is.
   *
   * @param start the first byte; below 0 it counts from the end; 0 by default
   * @param end the place behind the last byte; below 0 it counts from the end; the length by default
   */
  slice(start?: number, end?: number): Copy;
  /** A copy of all, which may be kept. */
  keep(): Copy;
}

class View extends Uint8Array<ArrayBuffer> {
  override slice(start?: number, end?: number): Buffer<ArrayBuffer> {
    return Buffer.from(this.subarray(start, end));
  }

  keep(): Buffer<ArrayBuffer> {
    return Buffer.from(this);
  }
}

Object.setPrototypeOf(View.prototype, Buffer.prototype);

/** A chunk of the memory of a turn. */
export function chunkOf(memory: ArrayBuffer, offset: number, length: number): Chunk {
  return new View(memory, offset, length) as unknown as Chunk;
}

/** Bytes that have memory of their own, for a handler. */
export function asChunk(bytes: Buffer): Chunk {
  return chunkOf(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
}

/** Called when the handler has returned. */
export function expire(chunk: Chunk): void {
  if (POISONS) chunk.fill(POISON);
}
