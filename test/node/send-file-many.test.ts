// Many files at once: a thousand responses with readers of every pace, some that stop, resets among them. Each body
// that is whole is right, nothing piles up, and the event loop goes on (bench/programs/many-files.mjs measures that).
import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { openSync } from 'node:fs';
import type http from 'node:http';
import type { ServerResponse } from 'node:http';
import net from 'node:net';
import { fdOf, sendFile, sharedReactor } from 'fdreactor/node';
import * as socketCalls from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { inChild, type Toolbox } from '../helpers/child.js';
import { openFds } from '../helpers/open-fds.js';
import { ownFile } from '../helpers/owned.js';
import { eventually, sanitized } from '../helpers/patience.js';
import { Client, fileOf, folderOfTests, outcome, portOf, serve } from './servers.js';

const COUNT = 1000;
const SIZE = 500_000;
/** What the kernel takes for a peer that does not read: less than the file. */
const SEND_BUFFER = 32_768;
const folder = folderOfTests();
const file = fileOf(folder, 'bytes', SIZE);
const hashOfFile = createHash('sha256').update(file.bytes).digest('hex');

/**
 * Asks a thousand times, in a process of its own. None reads before all are being answered (`/all`). Of ten clients
 * two reset the connection at a random point. One stops reading in the middle, and when all others are through every
 * second of these resets as well. The others read at their own pace. Reports how many bodies were right, wrong and cut.
 */
async function clients({ http, net, require, report, args }: Toolbox): Promise<void> {
  const { port, count, size, hash: expected } = args as { port: number; count: number; size: number; hash: string };
  const { createHash: hashOf } = require('node:crypto') as typeof import('node:crypto');
  const ends = { right: 0, wrong: 0, cut: 0 };
  const stopped: import('node:net').Socket[] = [];
  let through = 0;
  const all: import('node:net').Socket[] = [];

  const goOn = (): void => {
    for (const [index, socket] of stopped.splice(0).entries()) {
      if (index % 2 === 0) socket.resume();
      else socket.resetAndDestroy();
    }
  };
  const ask = (index: number): Promise<void> =>
    new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1');
      const hash = hashOf('sha256');
      const place = Math.floor(Math.random() * (size - 1));
      const resets = index % 10 < 2;
      let stops = index % 10 === 2;
      let head = '';
      let length = 0;
      all.push(socket);
      const read = (part: Buffer): void => {
        hash.update(part);
        length += part.length;
        if (resets && length >= place) socket.resetAndDestroy();
        else if (stops && length >= place) {
          stops = false;
          socket.pause();
          stopped.push(socket);
          if (through + stopped.length === count) goOn();
        } else if (length >= size) socket.end();
        else if (index % 3 === 0) {
          socket.pause();
          setTimeout(() => socket.resume(), 1 + (index % 7));
        }
      };
      socket.on('error', () => {}); // its own reset
      socket.on('data', (part) => {
        if (head.includes('\r\n\r\n')) return read(part);
        head += part.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end >= 0) read(Buffer.from(head.slice(end + 4), 'latin1'));
      });
      socket.on('close', () => {
        through++;
        ends[length < size ? 'cut' : hash.digest('hex') === expected ? 'right' : 'wrong']++;
        if (through + stopped.length === count) goOn();
        resolve();
      });
      socket.pause();
      socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    });
  http.get({ port, host: '127.0.0.1', path: '/all', agent: false }, () => {
    for (const socket of all) socket.resume();
  });
  await Promise.all(Array.from({ length: count }, (_, index) => ask(index)));
  report(ends);
}

test('a thousand responses at once, readers that are slow, stop or reset: hashes, fds, memory', async () => {
  let under = 0;
  let most = 0;
  let failed = 0;
  let rssMost = 0;
  let whenAll: http.ServerResponse | undefined;
  const server = await serve(async (request, response) => {
    if (request.url === '/all') {
      whenAll = response;
      return;
    }
    const { SOL_SOCKET, SO_SNDBUF } = socketCalls.constants;
    socketCalls.setsockopt(fdOf(response.socket as net.Socket), SOL_SOCKET, SO_SNDBUF, SEND_BUFFER);
    most = Math.max(most, ++under);
    if (under === COUNT) {
      rssMost = process.memoryUsage().rss;
      await eventually('who waits for it has asked', () => whenAll !== undefined);
      whenAll?.end();
    }
    const result = await outcome(sendFile(response, file.path));
    under--;
    if ('error' in result) failed++;
    else response.end();
  });
  const args = { port: portOf(server), count: COUNT, size: SIZE, hash: hashOfFile };
  const round = async (): Promise<void> => {
    failed = 0;
    whenAll = undefined;
    const { code, reports, stderr } = await inChild(clients, { args, timeoutMs: 60_000 });
    expect([code, stderr]).toEqual([0, '']);
    const [{ right, wrong, cut }] = reports as [{ right: number; wrong: number; cut: number }];
    expect(wrong).toBe(0);
    expect(right + cut).toBe(COUNT);
    expect(cut).toBeLessThanOrEqual(0.25 * COUNT); // those that reset
    await eventually('all is over', () => under === 0);
    expect(failed).toBeLessThanOrEqual(cut);
    expect(most).toBe(COUNT);
  };
  const before = openFds().size;
  await round(); // what is made once
  const rssBefore = process.memoryUsage().rss;
  await round();
  await eventually('as many fds as before', () => openFds().size <= before);
  expect(sharedReactor().size).toBe(0);
  const room = sanitized ? 1e9 : 100e6;
  expect(rssMost - rssBefore).toBeLessThan(room);
  expect(process.memoryUsage().rss - rssBefore).toBeLessThan(room);
});

test('however many ask at once, little is sent before the event loop goes round', async () => {
  const size = 3_000_000;
  const fd = ownFile(openSync(fileOf(folder, 'large', size).path, 'r')); // sent at once, since it is open
  const accepted = new Set<net.Socket>();
  let over = 0;
  const server = await serve(async (_request, response) => {
    accepted.add(response.socket as net.Socket);
    await sendFile(response, fd);
    response.end();
    over++;
  });
  const clients = Array.from({ length: 100 }, () => net.connect(portOf(server), '127.0.0.1').resume());
  const askAll = async (): Promise<number> => {
    over = 0;
    for (const client of clients) client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const sent = (): number => [...accepted].reduce((sum, one) => sum + one.bytesWritten, 0);
    let most = 0;
    let before = sent();
    while (over < clients.length) {
      await new Promise(setImmediate);
      const now = sent();
      most = Math.max(most, now - before);
      before = now;
    }
    return most;
  };
  await askAll();
  await askAll(); // by now the kernel takes megabytes at a time
  const most = await askAll();
  for (const client of clients) client.destroy();
  expect(most).toBeGreaterThan(1_000_000);
  expect(most).toBeLessThan(11 << 20); // 4 MiB and a slice, twice: as the loop polls, and behind that
});

test('the shared reactor is one, is used by others, and cannot be ended', () => {
  const reactor = sharedReactor();
  expect(sharedReactor()).toBe(reactor);
  expect(reactor.attached).toBe(true);
  for (const call of ['close', 'detach', 'ref', 'unref'] as const) {
    expect(() => reactor[call](), call).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
  }
  expect(reactor.attached).toBe(true);
  expect(reactor.closed).toBe(false);
});

const large = fileOf(folder, 'large', 20_000_000);
const store = new AsyncLocalStorage<string>();

const ways: [string, (response: ServerResponse, seen: (what: string) => () => void) => Promise<unknown>][] = [
  [
    'end() in the same turn',
    (response, seen) => {
      const sending = sendFile(response, openSync(large.path, 'r'), { close: true, more: true });
      response.write('more', seen('write'));
      response.end(seen('end'));
      return sending;
    },
  ],
  [
    'end() behind the promise',
    async (response, seen) => {
      const sending = sendFile(response, large.path, { more: true });
      await sending;
      response.write('more', seen('write'));
      response.end(seen('end'));
    },
  ],
];

test.each(ways)('%s: promises, callbacks and events of many at once, each in its own store', async (_name, send) => {
  const found: string[] = [];
  let sending = 0;
  const server = await serve((request, response) => {
    const name = request.url as string;
    const seen = (what: string) => () => found.push(`${what} ${name} in ${store.getStore()}`);
    void store.run(name, async () => {
      for (const event of ['finish', 'close'] as const) response.on(event, seen(event));
      const sent = send(response, seen);
      sending++;
      await sent;
      seen('promise')();
    });
  });
  const names = ['/a', '/b', '/c', '/d'];
  const clients = names.map((name) => {
    const client = new Client(server);
    client.socket.pause(); // each file waits for its reader
    client.socket.write(`GET ${name} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    return client;
  });
  await eventually('all wait', () => sending === names.length);
  for (const { socket } of clients) socket.resume();
  await eventually('all is told', () => found.length === names.length * 5);
  const expected = names.flatMap((name) =>
    ['close', 'end', 'finish', 'promise', 'write'].map((what) => `${what} ${name} in ${name}`),
  );
  expect(found.sort()).toEqual(expected.sort());
});
