// A port for a program that cannot be asked which one it was given.
import { createServer } from 'node:net';

/**
 * One where nobody listens, and that the kernel gives to no client: another process could get such a one meanwhile, and a client that
 * tries it can connect to itself.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}
