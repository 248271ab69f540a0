// Servers and sockets of fdreactor/net that the tests here use, which end with the test.
import { once } from 'node:events';
import type { AddressInfo, ServerOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import * as net from 'fdreactor/net';
import { sharedReactor } from 'fdreactor/node';
import { dispose } from '../helpers/owned.js';

sharedReactor(); // once a process: what it has open is there before the first look at the fds

interface Listening extends NodeJS.EventEmitter {
  listen(port: number, host: string): unknown;
  address(): AddressInfo | string | null;
  close(): unknown;
  closeAllConnections?(): void;
}

/** Listens on the loopback address. Returns the port. */
export async function listen(server: Listening): Promise<number> {
  const sockets = new Set<Duplex>();
  server.on('connection', (socket: Duplex) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  dispose({
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  });
  return (server.address() as AddressInfo).port;
}

/** A server with a handler of its connections. Returns its port. */
export const serve = (handler: net.ConnectionListener, options: ServerOpts = {}): Promise<number> =>
  listen(net.createServer(options, handler));

export function own<T extends { destroy(): unknown }>(stream: T): T {
  dispose({ close: () => void stream.destroy() });
  return stream;
}

/** A connected socket and that of the server. */
export async function pair(options: ServerOpts = {}): Promise<[net.Socket, net.Socket]> {
  const server = net.createServer(options);
  const port = await listen(server);
  const accepted = once(server, 'connection') as Promise<[net.Socket]>;
  const client = own(net.connect({ port, host: '127.0.0.1', allowHalfOpen: options.allowHalfOpen === true }));
  const [[other]] = await Promise.all([accepted, once(client, 'connect')]);
  return [client, own(other)];
}

export async function bytesOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}
