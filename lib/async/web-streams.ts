// The two directions of a connection as streams of the web. The reader is one of bytes: with a BYOB reader they go
// into the reader's own buffer.
import type { AsyncConnection } from './connection.js';

/** What `connection.streams()` returns: what `pipeThrough()` takes. */
export interface ConnectionStreams {
  /** What arrives; its end is that of the peer. `cancel()` closes the connection. */
  readonly readable: ReadableStream<Uint8Array>;
  /** What is sent. `close()` ends the connection, `abort()` resets it. */
  readonly writable: WritableStream<Uint8Array | string>;
}

/** The next bytes: into the buffer of the reader, or for one without into a buffer of just their size. */
async function pull(connection: AsyncConnection, controller: ReadableByteStreamController): Promise<void> {
  const request = controller.byobRequest;
  if (request !== null) {
    const count = await connection.read(request.view as Uint8Array);
    if (count === 0) controller.close();
    request.respond(count);
    return;
  }
  await connection.readable();
  const bytes = new Uint8Array(Math.max(1, connection.unread));
  if (connection.tryRead(bytes) > 0) controller.enqueue(bytes);
  else controller.close();
}

/** The streams of a connection, which it is read and written by from here on. */
export function streamsOf(connection: AsyncConnection): ConnectionStreams {
  const readable = new ReadableStream({
    type: 'bytes',
    pull: (controller) => pull(connection, controller as ReadableByteStreamController),
    cancel: () => connection.close(),
  });
  const writable = new WritableStream<Uint8Array | string>({
    async write(bytes) {
      await connection.write(bytes);
    },
    async close() {
      connection.end();
      await connection.flush();
    },
    abort: () => connection.reset(),
  });
  return { readable, writable };
}
