// Chunks: what a connection receives, as an async iterator. next() returns the promise of the wait itself, so that a
// round of a loop costs one promise and its chunk.
import { checkBoolean, NO_OPTIONS } from '../base/arguments.js';
import type { AsyncConnection } from './connection.js';
import type { ChunksOptions } from './reader.js';

type Result = IteratorResult<Buffer, undefined>;

const over = (): Result => ({ value: undefined, done: true });

export class Chunks implements AsyncIterableIterator<Buffer> {
  readonly #connection: AsyncConnection;
  readonly #options: ChunksOptions | undefined;
  readonly #keepOpen: boolean;
  #isOver = false;

  constructor(connection: AsyncConnection, options: ChunksOptions) {
    if (options !== NO_OPTIONS) connection.checkWait(options);
    const { keepOpen = false, signal } = options;
    checkBoolean(keepOpen, 'options.keepOpen');
    this.#connection = connection;
    this.#keepOpen = keepOpen;
    this.#options = signal === undefined ? undefined : { signal };
  }

  next(): Promise<Result> {
    return this.#isOver ? Promise.resolve(over()) : this.#connection.nextChunk(this.#options);
  }

  /** The loop was left. */
  return(): Promise<Result> {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#connection.endChunks();
      if (!this.#keepOpen) this.#connection.close();
    }
    return Promise.resolve(over());
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
