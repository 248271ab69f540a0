// What arrives as an observable, for RxJS and all else that takes one: `from(connection)`. Over the async iterable of
// the connection alone RxJS would notice an unsubscribe() only with the next chunk.
import type { AsyncConnection } from './connection.js';

/** Who is told. */
export interface ChunkObserver {
  /** Bytes arrived, which are the observer's. */
  next?(bytes: Buffer): void;
  /** The connection has failed. */
  error?(error: unknown): void;
  /** The peer has ended. */
  complete?(): void;
}

/** What `subscribe()` returns. */
export interface ChunkSubscription {
  /** Nothing more is told. Closes the connection, unless it has ended. */
  unsubscribe(): void;
}

/** What arrives, from `subscribe()` on. */
export interface ChunkObservable {
  /** The connection is read for the observer alone from here on. */
  subscribe(observer: ChunkObserver): ChunkSubscription;
}

async function tell(chunks: AsyncIterable<Buffer>, observer: ChunkObserver, isOver: () => boolean): Promise<void> {
  try {
    for await (const bytes of chunks) observer.next?.(bytes);
  } catch (error) {
    if (!isOver()) observer.error?.(error);
    return;
  }
  if (!isOver()) observer.complete?.();
}

export function observableOf(connection: AsyncConnection): ChunkObservable {
  return {
    subscribe(observer) {
      const chunks = connection.chunks();
      let isOver = false;
      void tell(chunks, observer, () => isOver);
      return {
        unsubscribe() {
          isOver = true;
          void chunks.return?.();
        },
      };
    },
  };
}
