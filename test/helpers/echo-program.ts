// The echo program of the contract as a process of its own, which does not say where it listens, and clients that talk to it.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { freePort } from './free-port.js';
import { eventually } from './patience.js';
import { isWindows } from './platform.js';

/** The port that a process listens on, or undefined: from the kernel's table of TCP sockets. */
function listeningPort(pid: number): number | undefined {
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

/** Tries until somebody listens: a refused connection is an error event, and the next try. */
async function untilAccepted(port: number): Promise<void> {
  let accepted = false;
  const attempt = (): void => {
    const client = connect(port, '127.0.0.1', () => {
      accepted = true;
      client.destroy();
    }).on('error', () => setTimeout(attempt, 50));
  };
  attempt();
  await eventually('it listens', () => accepted);
}

async function portOf(child: ChildProcess, chosen: string | undefined): Promise<number> {
  let port = chosen === undefined ? undefined : Number(chosen);
  if (port !== undefined) await untilAccepted(port);
  await eventually('it listens', () => {
    if (child.exitCode !== null) throw new Error(`the program ended with ${child.exitCode}`);
    port ??= listeningPort(child.pid as number);
    return port !== undefined;
  });
  return port as number;
}

/** Runs the command while `use` uses the port that it listens on. */
export async function withEcho(
  command: readonly string[],
  use: (port: number, child: ChildProcess) => Promise<void>,
  options: SpawnOptions = {},
): Promise<void> {
  const [file, ...args] = command as [string, ...string[]];
  const chosen = isWindows ? [String(await freePort())] : [];
  const child = spawn(file, [...args, ...chosen], { stdio: ['ignore', 'ignore', 'inherit'], ...options });
  try {
    await use(await portOf(child, chosen[0]), child);
  } finally {
    const exit = once(child, 'exit');
    if (child.kill('SIGKILL')) await exit;
  }
}

/** Sends a text and returns what comes back for it. */
export async function talk(port: number, text: string, end: 'close' | 'reset' = 'close'): Promise<string> {
  const client = connect(port, '127.0.0.1');
  let answer = '';
  client.setEncoding('utf8').on('data', (part) => {
    answer += part;
  });
  client.write(text);
  await eventually('the answer', () => answer.length >= text.length);
  if (end === 'reset') client.resetAndDestroy();
  else client.end();
  await once(client, 'close');
  return answer;
}
