// Clients for the examples' tests, made of Node's own sockets: what is tried is our server, against somebody else's client.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as netConnect, type Socket } from 'node:net';
import { dispose } from '../helpers/owned.js';

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
export const bytes = (length: number): Buffer => randomBytes(length);

/** A connected socket, destroyed after the test. It stays half-open until the test ends it. Errors are the test's to see. */
export async function connect(port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = netConnect({ port, host, allowHalfOpen: true });
  dispose({ close: () => socket.destroy() });
  await once(socket, 'connect');
  socket.on('error', () => {}); // a reset is told by 'close' as well
  return socket;
}

/** Everything until the other side's FIN; rejects when the connection was reset. */
export async function readToEnd(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The next `length` bytes; what came beyond them is left in the socket. */
export function readExactly(socket: Socket, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const done = (chunk: Buffer | null): void => {
      socket.off('readable', look).off('close', look);
      if (chunk?.length === length) resolve(chunk);
      else reject(new Error(`the stream ended after ${chunk?.length ?? 0} of ${length} bytes`));
    };
    const look = (): void => {
      const chunk = socket.read(length) as Buffer | null;
      if (chunk !== null || socket.readableEnded || socket.destroyed) done(chunk);
    };
    socket.on('readable', look).on('close', look);
    look();
  });
}
