// Streams; with peers that stop reading, and consumers that are slow.
import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import readline from 'node:readline';
import { Duplex, PassThrough, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import tls from 'node:tls';
import { createGunzip, createGzip } from 'node:zlib';
import * as linux from 'fdreactor/linux';
import { type FdDuplex, sharedReactor, toDuplex } from 'fdreactor/node';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { testWith } from '../helpers/needs.js';
import { dispose } from '../helpers/owned.js';
import { fill, pipePair, recvAll, sendAll, socketPair, tcpPair } from '../helpers/pairs.js';
import { eventually } from '../helpers/patience.js';

const pem = readFileSync(new URL('localhost.pem', import.meta.url));
const MB = 1_000_000;
sharedReactor(); // once a process: what it has open is there before the first look at the fds

function ownStream<T extends Duplex>(stream: T): T {
  dispose({ close: () => stream.destroy() });
  return stream;
}

/** Two streams that are joined by a pair of fds. */
function streams(pair: () => [number, number] = socketPair): [FdDuplex, FdDuplex] {
  const [a, b] = pair();
  return [ownStream(toDuplex(a)), ownStream(toDuplex(b))];
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test('pipeline(): 30 MB through two pipes and zlib come whole, and every fd is closed', async () => {
  const bytes = randomBytes(30 * MB);
  const [fromZip, toZip] = pipePair();
  const [fromPlain, toPlain] = pipePair();
  const hash = createHash('sha256');
  await Promise.all([
    pipeline([bytes], createGzip({ level: 1 }), toDuplex(toZip)),
    pipeline(toDuplex(fromZip), createGunzip(), toDuplex(toPlain)),
    pipeline(toDuplex(fromPlain), hash),
  ]);
  expect(hash.digest('hex')).toBe(hashOf(bytes));
});

test.each([
  ['TCP', tcpPair],
  ['a socket pair', socketPair],
])('%s: random pieces both ways at once, corked and not, come whole and in order', async (_name, pair) => {
  const pieces = Array.from({ length: 3000 }, (_, i) => randomBytes((i * 7919) % 6000));
  const all = Buffer.concat(pieces);
  const [left, right] = streams(pair);
  const exchange = async (stream: FdDuplex): Promise<string> => {
    const hash = createHash('sha256');
    stream.on('data', (part) => hash.update(part));
    const ended = once(stream, 'end');
    for (const [i, piece] of pieces.entries()) {
      if (i % 100 === 0) stream.cork();
      const hasRoom = stream.write(piece);
      if (i % 100 === 50) stream.uncork();
      if (!hasRoom && stream.writableCorked === 0) await once(stream, 'drain');
    }
    stream.end();
    await ended;
    return hash.digest('hex');
  };
  expect(await Promise.all([exchange(left), exchange(right)])).toEqual([hashOf(all), hashOf(all)]);
  expect(left.bytesWritten).toBe(all.length);
});

test('a peer that stops reading: write() says false, a pipeline stops, and what is held is bounded', async () => {
  const [a, b] = socketPair();
  const stream = ownStream(toDuplex(a));
  let made = 0;
  const source = async function* (): AsyncGenerator<Buffer> {
    for (; made < 200; made++) yield Buffer.alloc(MB / 4, made);
  };
  const piping = pipeline(source, stream);
  await eventually('it waits for room', () => stream.writableNeedDrain);
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(made).toBeLessThan(10);
  expect(stream.writableLength).toBeLessThan(MB);
  const received = ownStream(toDuplex(b));
  received.resume();
  await piping;
  await once(received, 'end');
  expect(received.bytesRead).toBe(50 * MB);
});

test('a slow consumer: the stream stops reading, and the buffer of the kernel fills', async () => {
  const [a, b] = socketPair();
  const stream = ownStream(toDuplex(a, { highWaterMark: 10_000 }));
  stream.pause();
  stream.read(0);
  let sent = fill(b);
  await eventually('it holds what it may', () => stream.readableLength >= 10_000);
  sent += fill(b);
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(stream.readableLength).toBeLessThanOrEqual(10_000 + 65_536);
  expect(fill(b)).toBe(0);
  socket.shutdown(b, socket.SHUT_WR);
  let length = 0;
  for await (const part of stream) length += part.length;
  expect(length).toBe(sent);
});

test('tls.connect({ socket }) and a TLS server, both over it: 5 MB each way', async () => {
  const bytes = randomBytes(5 * MB);
  const [left, right] = streams(tcpPair);
  const server = tls.createServer({ key: pem, cert: pem }, (given) => given.pipe(given));
  server.emit('connection', right);
  const client = ownStream(tls.connect({ socket: left, servername: 'localhost', ca: pem }));
  const parts: Buffer[] = [];
  client.on('data', (part) => parts.push(part));
  client.end(bytes);
  await once(client, 'end');
  expect(hashOf(Buffer.concat(parts))).toBe(hashOf(bytes));
  await eventually('both are closed', () => left.destroyed && right.destroyed);
});

/** Makes connections of a server, each a pair of streams. */
function connecting(server: http.Server): () => Duplex {
  return () => {
    const [left, right] = streams();
    server.emit('connection', right);
    return left;
  };
}

test('node:http, as server and as client; keep-alive and pipelined requests', async () => {
  const server = http.createServer((request, response) => {
    if (request.url === '/echo') request.pipe(response);
    else response.end(request.url);
  });
  const ask = (path: string, body?: Buffer): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const method = body === undefined ? 'GET' : 'POST';
      const request = http.request({ createConnection: connecting(server) as never, path, method }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part) => parts.push(part));
        response.on('end', () => resolve(Buffer.concat(parts)));
      });
      request.on('error', reject).end(body);
    });
  expect((await ask('/one')).toString()).toBe('/one');
  const body = randomBytes(2 * MB);
  expect(hashOf(await ask('/echo', body))).toBe(hashOf(body));

  const client = connecting(server)();
  client.write('GET /two HTTP/1.1\r\nHost: a\r\n\r\nGET /three HTTP/1.1\r\nHost: a\r\n\r\n');
  let text = '';
  client.on('data', (part) => {
    text += part;
  });
  await eventually('two answers', () => text.endsWith('/three'));
  client.write('GET /four HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  await once(client, 'end');
  expect(text.split('HTTP/1.1 200 OK').length).toBe(4);
  client.end();
});

test('ws: both ends over it', async () => {
  const server = http.createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (given) => given.on('message', (message) => given.send(message)));
  const client = new WebSocket('ws://localhost/', { createConnection: connecting(server) as never });
  await once(client, 'open');
  const bytes = randomBytes(MB);
  client.send(bytes);
  const [message] = await once(client, 'message');
  expect(hashOf(message)).toBe(hashOf(bytes));
  client.close();
  await once(client, 'close');
  sockets.close();
});

test('readline: the lines of a pipe, and a question on a socket pair', async () => {
  const [readFd, writeFd] = pipePair();
  const lines: string[] = [];
  const writer = toDuplex(writeFd);
  writer.write('one\ntw');
  writer.end('o\nthree');
  for await (const line of readline.createInterface({ input: toDuplex(readFd) })) lines.push(line);
  expect(lines).toEqual(['one', 'two', 'three']);

  const [left, right] = streams();
  const asking = readline.createInterface({ input: left, output: left });
  right.once('data', (question) => right.write(`${question}yes\n`));
  expect(await new Promise((resolve) => asking.question('sure? ', resolve))).toBe('sure? yes');
  asking.close();
});

testWith({ needs: 'epoll' }, 'readline on a pseudo-terminal: lines that the terminal edits', async () => {
  const [masterFd, slaveFd] = linux.openpty();
  socket.setNonBlocking(slaveFd);
  const [master, slave] = [ownStream(toDuplex(masterFd)), ownStream(toDuplex(slaveFd))];
  master.resume();
  const lines = readline.createInterface({ input: slave });
  master.write('wrong\x15right\n');
  expect((await once(lines, 'line'))[0]).toBe('right');
  lines.close();
});

test('for await, break in the middle: the stream is destroyed and the fd closed', async () => {
  const [left, right] = streams();
  right.write('x');
  for await (const part of left) {
    expect(part.toString()).toBe('x');
    break;
  }
  expect(left.fd).toBe(-1);
});

test('Duplex.toWeb(): Web Streams both ways, with back-pressure and the end', async () => {
  const [left, right] = streams();
  const { readable, writable } = Duplex.toWeb(left);
  const bytes = randomBytes(3 * MB);
  right.pipe(right);
  const writer = writable.getWriter();
  const writing = (async () => {
    for (let at = 0; at < bytes.length; at += 50_000) {
      await writer.ready;
      await writer.write(bytes.subarray(at, at + 50_000));
    }
    await writer.close();
  })();
  const parts: Uint8Array[] = [];
  for await (const part of readable) parts.push(part as Uint8Array);
  await writing;
  expect(hashOf(Buffer.concat(parts))).toBe(hashOf(bytes));
});

test('setEncoding(), pipe() into two, unshift(), compose', async () => {
  const [left, right] = streams();
  left.setEncoding('utf8');
  const text = 'zażółć gęślą jaźń '.repeat(5000);
  const bytes = Buffer.from(text);
  const copies = [new PassThrough({ encoding: 'utf8' }), new PassThrough({ encoding: 'utf8' })];
  const received = copies.map(async (copy) => (await copy.toArray()).join(''));
  left.unshift('first: ');
  for (const copy of copies) left.pipe(copy);
  for (let at = 0; at < bytes.length; at += 777) right.write(bytes.subarray(at, at + 777));
  right.end();
  expect(await Promise.all(received)).toEqual([`first: ${text}`, `first: ${text}`]);

  const upper = new Transform({ transform: (part, _encoding, done) => done(null, part.toString().toUpperCase()) });
  const [a, b] = streams();
  b.end('up');
  expect((await a.compose(upper).toArray()).join('')).toBe('UP');
});

test('listeners run in the AsyncLocalStorage store of toDuplex(), as those of net.Socket', async () => {
  const store = new AsyncLocalStorage<string>();
  const [a, b] = socketPair();
  const stream = store.run('here', () => ownStream(toDuplex(a)));
  const seen = new Promise((resolve) => stream.on('data', () => resolve(store.getStore())));
  await new Promise((resolve) => setImmediate(resolve));
  sendAll(b, Buffer.from('x'));
  expect(await seen).toBe('here');
});

test('what a listener throws leaves the turn, and the other streams go on', async () => {
  const [left, right] = streams();
  const thrown = new Promise((resolve) => process.once('uncaughtException', resolve));
  const others = process.listeners('uncaughtException').slice(0, -1);
  for (const other of others) process.removeListener('uncaughtException', other);
  left.once('data', () => {
    throw new Error('of the listener');
  });
  right.write('x');
  expect(await thrown).toMatchObject({ message: 'of the listener' });
  for (const other of others) process.on('uncaughtException', other);
  const next = once(left, 'data');
  right.write('y');
  expect((await next)[0].toString()).toBe('y');
});

test('a thousand streams at once: all bytes come, and no fd is left', async () => {
  const pairs = Array.from({ length: 500 }, () => streams(() => socket.socketpair()));
  const bytes = randomBytes(50_000);
  const hashes = await Promise.all(
    pairs.map(async ([left, right]) => {
      right.pipe(right);
      left.end(bytes);
      return hashOf(Buffer.concat(await left.toArray()));
    }),
  );
  expect(new Set(hashes)).toEqual(new Set([hashOf(bytes)]));
  await eventually('all are closed', () => pairs.every(([, right]) => right.fd === -1));
});

test('a chunk whose memory goes to another thread while it waits is an error, not a loop', async () => {
  const [a, b] = socketPair();
  const stream = ownStream(toDuplex(a));
  const chunk = new Uint8Array(5 * MB);
  stream.write(chunk);
  structuredClone(chunk.buffer, { transfer: [chunk.buffer] });
  const failed = once(stream, 'error');
  recvAll(b, stream.bytesWritten);
  expect((await failed)[0]).toMatchObject({ code: 'ERR_INVALID_STATE' });
});
