// server.listen({ fd }): servers of Node on listeners of the package, with the options that Node does not have, and on
// those that a parent or systemd hands over.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fdOf, toDuplex } from 'fdreactor/node';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { inChild } from '../helpers/child.js';
import { testUnless, testWith } from '../helpers/needs.js';
import { dispose, own } from '../helpers/owned.js';
import { eventually } from '../helpers/patience.js';
import { expectInvalidState } from '../helpers/throws.js';
import { ask, Client, folderOfTests, portOf } from './servers.js';

const folder = folderOfTests();
const loopback = { host: '127.0.0.1', port: 0 };

/** node:http on a listener; it ends with the test. */
async function serveOn(fd: number, text: string): Promise<http.Server> {
  const server = http.createServer((_request, response) => response.end(text));
  dispose({
    close() {
      server.closeAllConnections();
      server.close();
    },
  });
  await new Promise<void>((resolve) => server.listen({ fd }, resolve));
  return server;
}

test("the fd is the server's: close() refuses it, and server.close() closes it", async () => {
  const fd = socket.listenTcp(loopback);
  const { port } = socket.getsockname(fd) as AddressInfo;
  const server = await serveOn(fd, 'served');
  expect(portOf(server)).toBe(port);
  expect((await ask(server)).body.toString()).toBe('served');
  expect(fdOf(server)).toBe(fd);
  expectInvalidState(() => socket.close(fd));
  await new Promise((resolve) => server.close(resolve));
  expect(() => socket.close(fd)).toThrow('EBADF');
});

testWith({ needs: 'reusePort' }, 'reusePort: two servers share a port, and each gets connections', async () => {
  const first = socket.listenTcp({ ...loopback, reusePort: true });
  const { port } = socket.getsockname(first) as AddressInfo;
  const second = socket.listenTcp({ ...loopback, port, reusePort: true });
  const servers = [await serveOn(first, 'first'), await serveOn(second, 'second')];
  const texts = new Set<string>();
  for (let i = 0; i < 200 && texts.size < 2; i++) texts.add((await ask(servers[0] as http.Server)).body.toString());
  expect([...texts].sort()).toEqual(['first', 'second']);
});

testWith({ needs: 'deferAccept' }, 'deferAccept: the server hears of a connection with its first bytes', async () => {
  const server = await serveOn(socket.listenTcp({ ...loopback, deferAccept: true }), 'late');
  let accepted = 0;
  server.on('connection', () => accepted++);
  const client = new Client(server);
  await once(client.socket, 'connect');
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(accepted).toBe(0);
  client.socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  await eventually('it is answered', () => client.hasEnded);
  expect([accepted, client.text.endsWith('late')]).toEqual([1, true]);
});

testWith({ needs: 'epoll' }, 'TCP_FASTOPEN, and any other option, set before the server has the fd', async () => {
  const { IPPROTO_TCP, TCP_FASTOPEN } = socket.constants;
  const fd = socket.listenTcp(loopback);
  socket.setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, 256);
  const server = await serveOn(fd, 'fast');
  expect(socket.getsockopt(fdOf(server), IPPROTO_TCP, TCP_FASTOPEN)).toBe(256);
  expect((await ask(server)).body.toString()).toBe('fast');
});

test('a Unix socket: the file is yours to remove', async () => {
  const path = join(folder, 'unix.sock');
  const server = await serveOn(socket.listenUnix({ path }), 'unix');
  const answer = await new Promise<string>((resolve) => {
    http.get({ socketPath: path }, (response) => response.on('data', (part) => resolve(String(part))));
  });
  expect(answer).toBe('unix');
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(existsSync(path)).toBe(true);
  rmSync(path);
});

testWith({ needs: 'abstractUnixSockets' }, 'an abstract name', async () => {
  const path = `\0fdreactor-listen-fd-${process.pid}`;
  await serveOn(socket.listenUnix({ path }), 'abstract');
  const client = toDuplex(socket.connectUnix({ path })); // net.connect() pads the name in Node 20
  dispose({ close: () => client.destroy() });
  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  let text = '';
  client.on('data', (part) => {
    text += part;
  });
  await once(client, 'end');
  expect(text.endsWith('abstract')).toBe(true);
});

/** A server on fd 3, as a unit of systemd has it: it serves one request, by node:http, Listener or Acceptor. */
const onFdThree = `
  const { argv, env, exit } = process;
  if (env.LISTEN_FDS !== '1') exit(3);
  const body = 'by ' + argv[2];
  const text = 'HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: ' + body.length + '\\r\\n\\r\\n' + body;
  if (argv[2] === 'http') {
    const http = await import('node:http');
    const server = http.createServer((request, response) => {
      response.setHeader('Connection', 'close').end(body);
      server.close();
    });
    server.listen({ fd: 3 });
  } else {
    const { Acceptor, Reactor } = await import('fdreactor');
    const { Connection, Listener } = await import('fdreactor/connection');
    const reactor = new Reactor();
    const data = (connection) => {
      connection.end(text);
      accepting.close();
    };
    const accepting = argv[2] === 'Listener'
      ? new Listener(reactor, { fd: 3 }, { data })
      : new Acceptor(reactor, 3, (fd) => new Connection(reactor, fd, { data }));
    reactor.run();
  }`;

const arguments_ = (kind: string): string[] => ['--input-type=module', '-e', onFdThree, '--', 'x', kind];

test.each(['http', 'Listener', 'Acceptor'])('an inherited fd 3 (LISTEN_FDS): %s serves it', async (kind) => {
  const listener = own(socket.listenTcp(loopback));
  const { port } = socket.getsockname(listener) as AddressInfo;
  const child = spawn(process.execPath, arguments_(kind), {
    stdio: ['ignore', 'inherit', 'inherit', listener],
    env: { ...process.env, LISTEN_FDS: '1' },
    cwd: process.cwd(),
  });
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  expect(await answer.text()).toBe(`by ${kind}`);
  expect(await once(child, 'exit')).toEqual([0, null]);
});

/** Asks as soon as the socket listens, which is a moment after its file is there. */
async function getOnce(path: string): Promise<string> {
  for (;;) {
    try {
      return await new Promise<string>((resolve, reject) => {
        const request = http.get({ socketPath: path, agent: false }, (response) => {
          response.on('data', (part) => resolve(String(part)));
        });
        request.on('error', reject);
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
    }
  }
}

const whyNoSystemd =
  spawnSync('systemd-socket-activate', ['--version']).error === undefined
    ? undefined
    : 'systemd-socket-activate is not installed';

for (const kind of ['http', 'Listener', 'Acceptor']) {
  testUnless(whyNoSystemd, `systemd-socket-activate: ${kind} serves what systemd listens on`, async () => {
    const path = join(folder, `${kind}.sock`);
    const environment = Object.keys(process.env).map((name) => `--setenv=${name}`);
    const child = spawn(
      'systemd-socket-activate',
      ['-l', path, ...environment, process.execPath, ...arguments_(kind)],
      { stdio: 'ignore' },
    );
    await eventually('it listens', () => existsSync(path));
    const answer = await getOnce(path);
    expect(answer).toBe(`by ${kind}`);
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
}

testWith(
  { needs: 'reusePort' },
  'in a cluster listen({ fd }) is of the primary: a worker accepts by itself',
  async () => {
    const outcome = await inChild(async ({ Acceptor, http: web, node, socket: calls, require, report }) => {
      const cluster = require('node:cluster') as typeof import('node:cluster').default;
      if (cluster.isWorker) {
        const port = Number(process.env.SHARED_PORT);
        const listener = calls.listenTcp({ host: '127.0.0.1', port, reusePort: true });
        const server = web.createServer((_request, response) => {
          response.setHeader('Connection', 'close').end(String(cluster.worker?.id));
        });
        new Acceptor(node.sharedReactor(), listener, (fd: number) => server.emit('connection', node.toSocket(fd)));
        process.on('disconnect', () => process.exit(0));
        process.send?.('ready');
        return;
      }
      const holder = calls.socket(calls.constants.AF_INET, calls.constants.SOCK_STREAM, 0);
      calls.setsockopt(holder, calls.constants.SOL_SOCKET, calls.constants.SO_REUSEPORT, 1);
      calls.bind(holder, { host: '127.0.0.1', port: 0 }); // keeps the port, and does not listen
      const { port } = calls.getsockname(holder) as { port: number };
      const workers = [1, 2].map(() => cluster.fork({ SHARED_PORT: port }));
      await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
      const seen = new Set<string>();
      for (let i = 0; i < 200 && seen.size < 2; i++) {
        seen.add(await (await fetch(`http://127.0.0.1:${port}/`)).text());
      }
      report([...seen].sort());
      for (const worker of workers) worker.disconnect();
      calls.close(holder);
    });
    expect([outcome.code, outcome.stderr]).toEqual([0, '']);
    expect(outcome.reports).toEqual([['1', '2']]);
  },
);
