// Many files at once: a thousand responses with readers of every pace, resets among them. Each body that is whole is
// right, nothing piles up, and the event loop goes on.
import { createHash } from 'node:crypto';
import { openSync } from 'node:fs';
import type http from 'node:http';
import net from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fdOf, sendFile, sharedReactor } from 'fdreactor/node';
import * as socketCalls from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { openFds } from '../helpers/open-fds.js';
import { ownFile } from '../helpers/owned.js';
import { eventually, patience, sanitized } from '../helpers/patience.js';
import { fileOf, folderOfTests, outcome, portOf, serve } from './servers.js';

const COUNT = 1000;
const SIZE = 500_000;
/** What the kernel takes for a peer that does not read: less than the file. */
const SEND_BUFFER = 32_768;
const folder = folderOfTests();
const file = fileOf(folder, 'bytes', SIZE);
const hashOfFile = createHash('sha256').update(file.bytes).digest('hex');

/** What became of a client: the hash of a whole body, or how it was cut. */
type End = string;

/** Asks, and reads at its own pace; some reset the connection at a random point. */
function askAtPace(server: http.Server, index: number, whenToRead: Promise<void>): Promise<End> {
  const resetsAfter = index % 5 === 0 ? (index * 7919) % SIZE : Number.POSITIVE_INFINITY;
  const isSlow = index % 3 === 0;
  return new Promise((resolve) => {
    const socket = net.connect(portOf(server), '127.0.0.1');
    const hash = createHash('sha256');
    let length = -1;
    socket.on('error', () => {}); // its own reset
    socket.on('close', () => resolve(length === SIZE ? hash.digest('hex') : 'cut'));
    socket.on('data', (part) => {
      let body = part;
      if (length < 0) {
        body = part.subarray(part.indexOf('\r\n\r\n') + 4);
        length = 0;
      }
      hash.update(body);
      length += body.length;
      if (length >= resetsAfter) socket.resetAndDestroy();
      else if (length >= SIZE) socket.end();
      else if (isSlow) pauseFor(socket, 1 + (index % 7));
    });
    socket.pause();
    void whenToRead.then(() => socket.resume());
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  });
}

function limitBuffer(accepted: net.Socket): void {
  const { SOL_SOCKET, SO_SNDBUF } = socketCalls.constants;
  socketCalls.setsockopt(fdOf(accepted), SOL_SOCKET, SO_SNDBUF, SEND_BUFFER);
}

function pauseFor(socket: net.Socket, ms: number): void {
  socket.pause();
  setTimeout(() => socket.resume(), ms);
}

test('a thousand responses at once, slow readers and resets: hashes, fds, memory, the event loop', async () => {
  let under = 0;
  let most = 0;
  let failed = 0;
  let read: () => void = () => {};
  const whenToRead = new Promise<void>((resolve) => {
    read = resolve;
  });
  const server = await serve(async (_request, response) => {
    limitBuffer(response.socket as net.Socket);
    most = Math.max(most, ++under);
    if (most === COUNT) read(); // none before all have asked
    const result = await outcome(sendFile(response, file.path));
    under--;
    if ('error' in result) failed++;
    else response.end();
  });
  server.maxConnections = COUNT + 10;
  const before = openFds().size;
  const rssBefore = process.memoryUsage().rss;
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const ends = await Promise.all(Array.from({ length: COUNT }, (_, index) => askAtPace(server, index, whenToRead)));
  delay.disable();
  await eventually('all is over', () => under === 0);
  const whole = ends.filter((end) => end !== 'cut');
  expect(new Set(whole)).toEqual(new Set([hashOfFile]));
  expect(whole.length).toBeGreaterThanOrEqual(COUNT * 0.8);
  expect(failed).toBeLessThanOrEqual(COUNT * 0.2);
  expect(most).toBe(COUNT);
  await eventually('as many fds as before', () => openFds().size <= before);
  expect(sharedReactor().size).toBe(0);
  // The clients are in this process: their memory and their work count as well.
  expect(process.memoryUsage().rss - rssBefore).toBeLessThan(sanitized ? 2e9 : 300e6);
  expect(delay.percentile(50) / 1e6).toBeLessThan(patience(100));
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
