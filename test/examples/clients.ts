// Clients for the examples' tests, made of Node's own sockets: they try the example's server with a foreign
// client.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as netConnect, type Socket } from 'node:net';
import { dispose } from '../helpers/owned.js';

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
export const bytes = (length: number): Buffer => randomBytes(length);

/**
 * A connected socket, destroyed after the test. It stays half-open until the test ends it. Errors are the test's to
 * see.
 */
export async function connect(port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = netConnect({ port, host, allowHalfOpen: true });
  dispose({ close: () => socket.destroy() });
  await once(socket, 'connect');
  socket.on('error', () => {}); // a reset is told by 'close' as well
  return socket;
}

/** What was sent comes back. */
export async function roundTrip(socket: Socket, message: string): Promise<void> {
  socket.write(message);
  const answer = await readExactly(socket, Buffer.byteLength(message));
  if (answer.toString() !== message) throw new Error(`${answer} in place of ${message}`);
}

/** Where the connection to an echo server is when its client resets it. */
const POINTS: ((socket: Socket) => unknown)[] = [
  () => {},
  (socket) => socket.write('not read'),
  (socket) => roundTrip(socket, 'after one'),
  (socket) => socket.pause().write(bytes(4 << 20)), // both sides have bytes that wait
  async (socket) => {
    socket.write(bytes(4 << 20));
    await readExactly(socket, 100_000); // in the middle of the answer
  },
  (socket) => once(socket.end('half'), 'finish'),
];

/** Connections to an echo server that are reset, each at another point, several at once and several times. */
export async function resetAtEveryPoint(port: number, rounds = 20): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await Promise.all(
      POINTS.map(async (reach) => {
        const socket = await connect(port);
        await reach(socket);
        socket.resetAndDestroy();
      }),
    );
  }
}

/** Everything until the other side's FIN; rejects when the connection was reset. The own half stays open. */
export function readToEnd(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const take = (): void => {
      for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) chunks.push(chunk);
    };
    const done = (): void => {
      if (socket.readableEnded) resolve(Buffer.concat(chunks));
      else reject(socket.errored ?? new Error('the socket was destroyed'));
    };
    if (socket.readableEnded || socket.destroyed) return done();
    socket.on('readable', take).once('end', done).once('close', done);
    take();
  });
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
