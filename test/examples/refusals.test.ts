// The examples where the system has no room for another registration: clients that cannot be served are refused, and
// the server goes on. strace(1) makes epoll_ctl(2) fail, as at the limit of max_user_watches.
import type { Socket } from 'node:net';
import { expect } from 'vitest';
import { testWith } from '../helpers/needs.js';
import { connect, readExactly } from './clients.js';
import { makeFolder } from './folder.js';
import { requestText } from './http-client.js';
import { scriptOf, startCommand } from './running.js';

const folder = makeFolder({ 'a.txt': 'text' });
/** From the 40th on, when the server has long begun, every fourth fails. */
const STRACE = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=epoll_ctl'];
const FAULT = ['-e', 'inject=epoll_ctl:error=ENOSPC:when=40+4'];

/** Whether the server answers; false where it has refused the connection. */
async function isServed(port: number, question: string): Promise<boolean> {
  let socket: Socket | undefined;
  try {
    socket = await connect(port);
    socket.once('end', () => socket?.destroy()).write(question);
    return (await readExactly(socket, 4)).length === 4;
  } catch {
    return false; // ECONNRESET, or the end of the stream
  } finally {
    socket?.destroy();
  }
}

const servers: [name: string, args: string[], question: string][] = [
  ['echo', [], 'text'],
  ['attach', [], 'text'],
  ['static-file-server', [folder], requestText('/a.txt')],
];

for (const [name, args, question] of servers) {
  testWith(
    { needs: ['strace', 'epoll'] },
    `${name} refuses those that it cannot watch, and serves the others`,
    async () => {
      const running = startCommand([...STRACE, ...FAULT, process.execPath, scriptOf(name), ...args]);
      await running.printed(/^listening on .*$/m);
      const served: boolean[] = [];
      for (let i = 0; i < 60; i++) served.push(await isServed(running.port(), question));
      expect(new Set(served)).toEqual(new Set([true, false]));
      expect(running.child.exitCode).toBeNull();
    },
  );
}
