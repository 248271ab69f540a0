// Programs that listen on a port and do not tell which. On Linux the kernel chooses the port, and /proc tells it.
// Elsewhere the test chooses a port, and starts the program again on another one if the program ends.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { eventually } from './patience.js';
import { isLinux } from './platform.js';

export interface Program {
  child: ChildProcess;
  /** What the program printed there, for the message of an error. */
  stderr?: string;
}

const MAX_TRIES = 5;

/**
 * Starts a program, and awaits that it listens.
 *
 * @param start starts the program on a port; 0: the kernel chooses it
 * @returns the program and the port
 */
export async function startListening<T extends Program>(start: (port: number) => T): Promise<[T, number]> {
  for (let tries = 1; ; tries++) {
    const chosen = isLinux ? 0 : await unusedPort();
    const program = start(chosen);
    try {
      const port = await listeningPort(program.child, chosen);
      if (port !== undefined) return [program, port];
    } catch (error) {
      await end(program.child);
      throw error;
    }
    if (isLinux || tries === MAX_TRIES) throw new Error(`the program has ended: ${program.stderr ?? ''}`);
  }
}

/** Ends a program, and awaits its end. */
export async function end(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  if (child.kill('SIGKILL')) await exit;
}

/** Awaits that the program listens; returns undefined if it ends instead. */
async function listeningPort(child: ChildProcess, chosen: number): Promise<number | undefined> {
  let port: number | undefined;
  let pending = false;
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  await eventually('it listens', () => {
    if (isLinux) port = hasEnded() ? undefined : portInProc(child.pid as number);
    else if (!pending) {
      pending = true;
      const client = connect(chosen, '127.0.0.1', () => {
        port = chosen;
        client.destroy();
      });
      client
        .on('error', () => {})
        .on('close', () => {
          pending = false;
        });
    }
    return port !== undefined || hasEnded();
  });
  return hasEnded() ? undefined : port;
}

/** Returns the port that a process listens on, or undefined, from the kernel's table of TCP sockets. */
function portInProc(pid: number): number | undefined {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return ''; // closed meanwhile
    }
  });
  const listening = '0A';
  for (const line of readFileSync(`/proc/${pid}/net/tcp`, 'utf8').trim().split('\n').slice(1)) {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    if (state === listening && links.includes(`socket:[${inode}]`)) return Number.parseInt(local.slice(9), 16);
  }
  return undefined;
}

/** Returns a port that no program listens on, and that the kernel gives to no client. */
async function unusedPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = createServer();
    const isUnused = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isUnused) return port;
  }
}
