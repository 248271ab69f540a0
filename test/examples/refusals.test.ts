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
/** -D: the process that is started, and ended, is the server itself. */
const STRACE = ['strace', '-D', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=epoll_ctl'];
/** From the 40th on, when the server has long begun, one of so many fails. */
const fault = (every: number): string[] => ['-e', `inject=epoll_ctl:error=ENOSPC:when=40+${every}`];

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

/** `every` is such that the calls that fail are not always the last ones of a connection. */
const servers: [name: string, args: string[], question: string, every: number][] = [
  ['echo', [], 'text', 4],
  ['attach', [], 'text', 4],
  ['echo-connection', [], 'text', 7],
  ['static-file-server', [folder], requestText('/a.txt'), 7],
];

for (const [name, args, question, every] of servers) {
  testWith(
    { needs: ['strace', 'epoll'] },
    `${name} refuses those that it cannot watch, and serves the others`,
    async () => {
      const running = startCommand([...STRACE, ...fault(every), process.execPath, scriptOf(name), ...args]);
      await running.printed(/^listening on .*$/m);
      const served: boolean[] = [];
      for (let i = 0; i < 60; i++) served.push(await isServed(running.port(), question));
      expect(new Set(served)).toEqual(new Set([true, false]));
      expect(running.child.exitCode).toBeNull();
      expect(running.stderr).not.toContain('accept'); // which did not fail
    },
  );
}
