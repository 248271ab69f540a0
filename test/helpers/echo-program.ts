// The echo program of the contract as a process of its own, which does not say where it listens, and clients that talk
// to it.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { end, startListening } from './listening.js';
import { eventually } from './patience.js';

/** Runs the command while `use` uses the port that it listens on. */
export async function withEcho(
  command: readonly string[],
  use: (port: number, child: ChildProcess) => Promise<void>,
  options: SpawnOptions = {},
): Promise<void> {
  const [file, ...args] = command as [string, ...string[]];
  const [{ child }, port] = await startListening((port) => ({
    // Without an argument the program listens on port 0.
    child: spawn(file, [...args, ...(port === 0 ? [] : [String(port)])], {
      stdio: ['ignore', 'ignore', 'inherit'],
      ...options,
    }),
  }));
  try {
    await use(port, child);
  } finally {
    await end(child);
  }
}

/** Sends a text and returns what comes back for it. */
export async function talk(port: number, text: string, ending: 'close' | 'reset' = 'close'): Promise<string> {
  const client = connect(port, '127.0.0.1');
  let answer = '';
  client.setEncoding('utf8').on('data', (part) => {
    answer += part;
  });
  client.write(text);
  await eventually('the answer', () => answer.length >= text.length);
  if (ending === 'reset') client.resetAndDestroy();
  else client.end();
  await once(client, 'close');
  return answer;
}
