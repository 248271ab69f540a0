// Compiled, never run: connections by await, each with its documented type, and uses that must be refused.
import type { Reactor } from 'fdreactor';
import { type AsyncConnection, type AsyncServer, adopt, connect, listen, serve } from 'fdreactor/async';

declare const bytes: Uint8Array;

export async function byAwait(reactor: Reactor): Promise<void> {
  const { signal } = new AbortController();
  await using server: AsyncServer = listen(reactor, { host: '::1', port: 0, maxUnread: 5, highWaterMark: 5 });
  const over: Promise<void> = serve(server, async (connection, closing) => void [connection.fd, closing.aborted], {
    maxConcurrent: 5,
    lingerMs: 5,
    onError: (error: unknown, connection) => void [error, connection.closed],
  });
  const options = { host: 'localhost', port: server.port, timeoutMs: 5, attemptDelayMs: 5, signal };
  await using client: AsyncConnection = await connect(reactor, options);
  using other = adopt(reactor, 3, { idleTimeoutMs: 5 });
  const count: number = await client.read(bytes, { signal });
  const tried: number = client.tryRead(bytes);
  await client.readable({ signal });
  const exactly: Buffer | null = await client.readExactly(5);
  const line: Buffer | null = await client.readUntil('\n', 100, { signal });
  const room: void | Promise<void> = client.write('text', 'latin1');
  client.readDeadline = client.writeDeadline = performance.now() + 5;
  await client.sendFile(3, 0, 5, { close: true, signal });
  for await (const chunk of client.chunks({ keepOpen: true, signal })) await other.write(chunk);
  for await (const chunk of client) void chunk.toString();
  for await (const connection of server) connection.end('bye', 'utf8');
  const { readable, writable } = client.streams();
  const { fd, unread, unsent }: { fd: number; unread: Buffer; unsent: Buffer } = other.detach();
  await server.close({ graceMs: 5 });
  void [count, tried, exactly, line, room, over, readable, writable, fd, unread, unsent];

  // @ts-expect-error text is no buffer
  client.read('text');
  // @ts-expect-error a limit is needed
  client.readUntil('\n');
  // @ts-expect-error a port is needed
  connect(reactor, { host: 'localhost' });
  // @ts-expect-error a handler returns nothing, or a promise of it
  serve(server, async () => 5);
  // @ts-expect-error the end of a deadline is a number
  client.readDeadline = '5';
}
