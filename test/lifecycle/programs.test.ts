// The programs of the contract run as they stand: type-checked and compiled by the repository's compiler, started by node.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import * as socket from 'fdreactor/socket';
import { beforeAll, expect, test } from 'vitest';
import { runCommand } from '../helpers/child.js';
import { testWith } from '../helpers/needs.js';
import { eventually, patience } from '../helpers/patience.js';
import { isWindows, underWine } from '../helpers/platform.js';
import { compile } from '../helpers/tsc.js';

const programs = fileURLToPath(new URL('../helpers/programs', import.meta.url));
const compiled = fileURLToPath(new URL('../../build/test-programs/', import.meta.url));

beforeAll(async () => {
  if (underWine) await compileWithoutTypes();
  else expect(compile(programs)).toBe('');
}, patience(60_000));

/** The repository's compiler is a native program; its types are the same everywhere, so that Wine does without. */
async function compileWithoutTypes(): Promise<void> {
  // biome-ignore lint/correctness/noUndeclaredDependencies: vitest brings it
  const { transformWithOxc } = await import('vite');
  mkdirSync(compiled, { recursive: true });
  const source = `${programs}/echo.ts`;
  writeFileSync(`${compiled}echo.js`, (await transformWithOxc(readFileSync(source, 'utf8'), source)).code);
}

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

/**
 * A port that is free, for a program that cannot be asked which one it was given. Not one that the kernel gives out: another
 * process could get it meanwhile, and a client that tries one where nobody listens can connect to itself.
 */
function freePort(): number {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    try {
      socket.close(socket.listenTcp({ host: '127.0.0.1', port }));
      return port;
    } catch (error) {
      expect(error).toMatchObject({ code: 'EADDRINUSE' });
    }
  }
}

async function withEcho(use: (port: number, child: ChildProcess) => Promise<void>): Promise<void> {
  const chosen = isWindows ? [String(freePort())] : [];
  const child = spawn(process.execPath, [`${compiled}echo.js`, ...chosen], { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    let port: number | undefined;
    await eventually('it listens', () => {
      port = isWindows ? Number(chosen[0]) : listeningPort(child.pid as number);
      return port !== undefined;
    });
    if (isWindows) await untilAccepted(port as number);
    await use(port as number, child);
  } finally {
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }
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

testWith({ needs: 'epoll' }, 'the raw layer: says that stdin is readable', async () => {
  const outcome = await runCommand([process.execPath, `${compiled}raw-layer.js`], { input: 'something' });
  expect(outcome).toMatchObject({ code: 0, stdout: '0 1\n', stderr: '' });
});
