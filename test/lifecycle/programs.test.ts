// The programs of the contract run as they stand: type-checked and compiled by the repository's compiler, started by node.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { runCommand } from '../helpers/child.js';
import { eventually, patience } from '../helpers/patience.js';
import { compile } from '../helpers/tsc.js';

const programs = fileURLToPath(new URL('../helpers/programs', import.meta.url));
const compiled = fileURLToPath(new URL('../../build/test-programs/', import.meta.url));

beforeAll(() => {
  expect(compile(programs)).toBe('');
}, patience(60_000));

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

async function withEcho(use: (port: number, child: ChildProcess) => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, [`${compiled}echo.js`], { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    let port: number | undefined;
    await eventually('it listens', () => {
      port = listeningPort(child.pid as number);
      return port !== undefined;
    });
    await use(port as number, child);
  } finally {
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }
}

test('echo: answers many connections, one that resets does no harm', async () => {
  await withEcho(async (port, child) => {
    const talk = async (i: number): Promise<string> => {
      const client = connect(port, '127.0.0.1');
      let answer = '';
      client.setEncoding('utf8').on('data', (text) => {
        answer += text;
      });
      client.write(`hello ${i}`);
      await eventually('the answer', () => answer.length >= 7);
      if (i % 3 === 0) client.resetAndDestroy();
      else client.end();
      await once(client, 'close');
      return answer;
    };
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => talk(i)));
    expect(answers).toEqual(Array.from({ length: 50 }, (_, i) => `hello ${i}`));
    expect(await talk(1)).toBe('hello 1');
    expect(child.exitCode).toBe(null);
  });
});

test('the raw layer: says that stdin is readable', async () => {
  const outcome = await runCommand([process.execPath, `${compiled}raw-layer.js`], { input: 'something' });
  expect(outcome).toMatchObject({ code: 0, stdout: '0 1\n', stderr: '' });
});
