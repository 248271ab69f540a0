// Sockets and servers of fdreactor/net: what is there beside node:net, and their ends.
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import nodeNet, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as net from 'fdreactor/net';
import * as socket from 'fdreactor/socket';
import { afterAll, expect, test } from 'vitest';
import { inChild } from '../helpers/child.js';
import { dispose } from '../helpers/owned.js';
import { eventually } from '../helpers/patience.js';
import { bytesOf, listen, own, pair, serve } from './ends.js';

const HOST = '127.0.0.1';
const folder = mkdtempSync(join(tmpdir(), 'fdreactor-net-'));
afterAll(() => rmSync(folder, { recursive: true }));
const MB = 1_000_000;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('without `new`, and extended', async () => {
  class Mine extends net.Socket {
    greeting = 'hello';
  }
  const port = await serve((given) => given.end('x'));
  const mine = own(new Mine());
  expect(mine).toBeInstanceOf(net.Socket);
  expect([mine.greeting, mine.pending, mine.connecting, mine.readyState]).toEqual(['hello', true, false, 'open']);
  mine.connect(port, HOST);
  expect([mine.connecting, mine.readyState, mine.fd]).toEqual([true, 'opening', -1]);
  expect(String(await bytesOf(mine))).toBe('x');
  expect(net.Socket()).toBeInstanceOf(net.Socket);
  expect(net.Server()).toBeInstanceOf(net.Server);
});

test('addresses, counts and states of both ends', async () => {
  const [client, given] = await pair();
  expect([client.remoteAddress, client.remoteFamily, client.remotePort]).toEqual([HOST, 'IPv4', given.localPort]);
  expect(client.address()).toEqual({ address: HOST, family: 'IPv4', port: given.remotePort });
  expect(client.fd).toBeGreaterThan(0);
  client.write('abc');
  client.write('déf', 'latin1');
  await eventually('they came', () => given.bytesRead === 6);
  expect(client.bytesWritten).toBe(6);
  client.destroy();
  expect([client.bytesWritten, client.fd, client.pending]).toEqual([6, -1, true]);
  await once(client, 'close');
});

test.each([true, false])('30 MB each way at once, with random pieces; corked: %s', async (corked) => {
  const bytes = randomBytes(30 * MB);
  const port = await serve((given) => void pipeline(given, given));
  const client = own(net.connect({ port, host: HOST, allowHalfOpen: true }));
  const answer = bytesOf(client);
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = (i * 7919) % 500_000;
    if (corked && i % 10 === 0) client.cork();
    const hasRoom = client.write(bytes.subarray(at, at + length));
    if (corked && i % 10 === 9) client.uncork();
    at += length;
    if (!hasRoom && client.writableCorked === 0) await once(client, 'drain');
  }
  client.uncork();
  client.end();
  expect((await answer).equals(bytes)).toBe(true);
});

test('pipeline() to a peer that never reads: it waits, and little is held', async () => {
  const [client, given] = await pair({ pauseOnConnect: true });
  let made = 0;
  const source = async function* (): AsyncGenerator<Buffer> {
    for (; made < 400; made++) yield Buffer.alloc(MB / 4, made);
  };
  const piping = pipeline(source, client);
  await eventually('it waits for room', () => client.writableNeedDrain);
  for (let i = 0; i < 100; i++) await turn();
  expect(made).toBeLessThan(60); // what the kernel holds, at most some MB each way
  expect(client.writableLength).toBeLessThan(2 * MB);
  given.destroy();
  await expect(piping).rejects.toThrow(/EPIPE|ECONNRESET/);
});

test('a slow reader: the socket stops reading, and goes on', async () => {
  const [client, given] = await pair();
  const all = randomBytes(20 * MB);
  given.end(all);
  await eventually('it holds what it may', () => client.readableLength > 0);
  for (let i = 0; i < 50; i++) await turn();
  expect(client.readableLength).toBeLessThan(MB);
  const slow = new PassThrough({ highWaterMark: 1000 });
  const [answer] = await Promise.all([bytesOf(slow), pipeline(client, slow)]);
  expect(answer.equals(all)).toBe(true);
});

test('half open: each direction ends by itself; otherwise a write behind the end is EPIPE', async () => {
  const [client, given] = await pair({ allowHalfOpen: true });
  client.end('question');
  const [question] = await once(given, 'data');
  await once(given, 'end');
  expect([String(question), given.writable, given.readyState]).toEqual(['question', true, 'writeOnly']);
  given.end('answer');
  expect(String(await bytesOf(client))).toBe('answer');
  const [left, right] = await pair();
  const refused = new Promise((resolve) => left.once('end', () => setImmediate(() => left.write('x', resolve))));
  left.resume().on('error', () => {});
  right.resume().end();
  expect(await refused).toMatchObject({ code: 'EPIPE' });
});

test('reset: the peer gets ECONNRESET; of a Unix socket it is refused', async () => {
  const [client, given] = await pair();
  given.resetAndDestroy();
  const [error] = await once(client, 'error');
  expect(error).toMatchObject({ code: 'ECONNRESET', syscall: 'read' });
  const path = join(folder, 'reset');
  const server = net.createServer().listen(path);
  const accepted = once(server, 'connection');
  const local = own(net.connect(path));
  await once(local, 'connect');
  expect(() => local.resetAndDestroy()).toThrow(expect.objectContaining({ code: 'ERR_INVALID_HANDLE_TYPE' }));
  own((await accepted)[0] as net.Socket).destroy();
  server.close();
});

test('a Unix path: the file goes with the server; address() is the path', async () => {
  const path = join(folder, 'unix');
  const server = net.createServer((given) => given.pipe(given)).listen({ path, readableAll: true, writableAll: true });
  await once(server, 'listening');
  expect(server.address()).toBe(path);
  const client = own(net.connect({ path, allowHalfOpen: true }));
  client.end('local');
  expect(String(await bytesOf(client))).toBe('local');
  expect([client.remoteAddress, client.localPort]).toEqual([undefined, undefined]);
  await new Promise((resolve) => server.close(resolve));
  const again = net.createServer().listen(path);
  await once(again, 'listening');
  again.close();
});

test('sendFile(): among writes, in order; a file that ends early and a wrong argument destroy the socket', async () => {
  const path = join(folder, 'file');
  const content = randomBytes(5 * MB);
  writeFileSync(path, content);
  const file = openSync(path, 'r');
  const port = await serve((given) => {
    given.write('before');
    given.sendFile(file);
    given.sendFile(file, 10, 20);
    given.end('behind');
  });
  const answer = await bytesOf(own(net.connect(port, HOST)));
  expect(
    answer.equals(Buffer.concat([Buffer.from('before'), content, content.subarray(10, 20), Buffer.from('behind')])),
  ).toBe(true);

  const [client, given] = await pair();
  client.resume().on('error', () => {});
  const done = new Promise((resolve) => given.sendFile(file, 0, 6 * MB, resolve));
  given.on('error', () => {});
  await expect(done).resolves.toMatchObject({ code: expect.stringMatching(/ERR_FILE_ENDED|ECANCELED/) });
  const [, other] = await pair();
  other.sendFile(file, -1);
  const [error] = await once(other, 'error');
  expect(error).toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
  closeSync(file);
});

test('detach(): the fd goes on with what was not read; the socket is destroyed, the peer notices nothing', async () => {
  const [client, given] = await pair({ pauseOnConnect: true });
  client.write('unread');
  await turn();
  const { fd, unread, unsent } = given.detach();
  const closed = once(given, 'close');
  expect(given.destroyed).toBe(true);
  expect(() => given.detach()).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_CLOSED' }));
  await closed;
  const rest = Buffer.alloc(10);
  let got = unread;
  await eventually('all came', () => {
    const count = socket.recv(fd, rest);
    if (count > 0) got = Buffer.concat([got, rest.subarray(0, count)]);
    return got.length === 6;
  });
  expect([String(got), unsent.length]).toEqual(['unread', 0]);
  const adopted = own(new net.Socket({ fd }));
  adopted.end('from the new one');
  expect(String(await bytesOf(client))).toBe('from the new one');
});

test('time-outs: setTimeout() fires without bytes, again after more, and not once it is 0', async () => {
  const [client, given] = await pair();
  let fired = 0;
  client.setTimeout(20, () => fired++);
  await once(client, 'timeout');
  expect([fired, client.timeout]).toEqual([1, 20]);
  given.write('x');
  client.resume();
  await once(client, 'timeout');
  client.setTimeout(0);
  client.setTimeout(20);
  await once(client, 'timeout');
  expect(fired).toBe(1);
});

test('maxConnections: those above are dropped, and told', async () => {
  const server = net.createServer();
  server.maxConnections = 1;
  const port = await listen(server);
  const first = own(net.connect(port, HOST));
  await once(server, 'connection');
  const second = own(net.connect(port, HOST));
  const [data] = await once(server, 'drop');
  expect(data).toMatchObject({ localPort: port, remoteFamily: 'IPv4', remotePort: second.localPort });
  expect(await new Promise((resolve) => server.getConnections((_error, count) => resolve(count)))).toBe(1);
  first.destroy();
});

test('aborting: a signal destroys a socket, and closes a server', async () => {
  const aborting = new AbortController();
  const server = net.createServer().listen({ port: 0, host: HOST, signal: aborting.signal });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = net.connect({ port, host: HOST, signal: aborting.signal });
  const closed = once(server, 'close');
  aborting.abort();
  const [error] = await once(client, 'error');
  expect(error).toMatchObject({ name: 'AbortError' });
  await closed;
});

/** In which stores the listeners of two clients and of their server run. */
async function storesIn(module: Pick<typeof net, 'connect' | 'createServer'>): Promise<unknown> {
  const storage = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  const port = await listen(
    module.createServer((given) => {
      given.on('data', (chunk) => {
        if (storage.getStore() === undefined) storage.enterWith(String(chunk));
        given.write(storage.getStore() ?? '');
      });
    }),
  );
  const clients = ['a', 'b'].map((name) => storage.run(name, () => own(module.connect(port, HOST))));
  const answers: string[] = [];
  for (const client of clients) {
    for (const event of ['connect', 'data', 'close'])
      client.on(event, () => seen.push(`${event} ${storage.getStore()}`));
  }
  for (const text of ['first', 'second']) {
    for (const [i, client] of clients.entries()) {
      client.write(`${text} ${i}`);
      answers.push(String((await once(client, 'data'))[0]));
    }
  }
  for (const client of clients) await once(client.destroy(), 'close');
  return { answers, seen: seen.toSorted() };
}

test('AsyncLocalStorage: listeners run in the stores in which those of node:net do', async () => {
  const stores = (await storesIn(net)) as { seen: string[] };
  expect(stores).toEqual(await storesIn(nodeNet as unknown as typeof net));
  expect(stores.seen).toEqual(['close a', 'close b', 'connect a', 'connect b', 'data a', 'data a', 'data b', 'data b']);
});

test('destroyed at any moment: one close, after it nothing, no fd left, every callback told', async () => {
  const moments = 40;
  const port = await serve((given) => {
    given.on('error', () => {});
    given.write(Buffer.alloc(200_000));
    given.pipe(given);
  });
  for (let moment = 0; moment < moments; moment++) {
    const client = own(net.connect(port, HOST));
    let closes = 0;
    let told = 0;
    client.on('error', () => {});
    client.on('close', () => closes++);
    client.on('data', () => expect(client.destroyed).toBe(false));
    for (let i = 0; i < 3; i++) client.write(Buffer.alloc(i * 300_000), () => told++);
    for (let i = 0; i < moment; i++) await turn();
    if (moment % 3 === 0) client.destroy(new Error('why'));
    else if (moment % 3 === 1) client.destroy();
    else client.resetAndDestroy();
    if (closes === 0) await new Promise((resolve) => client.once('close', resolve));
    await eventually('all are told', () => told === 3);
    expect(closes).toBe(1);
  }
});

test('a listener that throws is an uncaught exception and no error of its socket, and all go on', async () => {
  const server = net.createServer((given) => {
    given.pipe(given);
    throw new Error('of the server');
  });
  const port = await listen(server);
  const before = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  const caught: string[] = [];
  process.on('uncaughtException', ({ message }) => caught.push(message));
  const [first, second] = [own(net.connect(port, HOST)), own(net.connect(port, HOST))];
  const errors: Error[] = [];
  first.on('error', (error) => errors.push(error));
  first.once('data', () => {
    throw new Error('of the socket');
  });
  first.write('x');
  second.write('y');
  expect(String((await once(second, 'data'))[0])).toBe('y');
  await eventually('it was thrown', () => caught.includes('of the socket'));
  first.write('z');
  expect(String((await once(first, 'data'))[0])).toBe('z');
  process.removeAllListeners('uncaughtException');
  for (const listener of before) process.on('uncaughtException', listener);
  expect(caught.toSorted()).toEqual(['of the server', 'of the server', 'of the socket']);
  expect(errors).toEqual([]);
});

test('what was written leaves before process.exit()', async () => {
  const chunks: Buffer[] = [];
  const port = await serve((given) => void given.on('data', (chunk) => chunks.push(chunk)));
  const { code } = await inChild(
    ({ args: port, require }) => {
      const client = require('fdreactor/net').connect(port, '127.0.0.1', () => {
        client.write('last words');
        process.exit(7);
      });
    },
    { args: port },
  );
  expect(code).toBe(7);
  await eventually('they came', () => String(Buffer.concat(chunks)) === 'last words');
});

test('server.listen({ fd }), and the fd of an inherited connection', async () => {
  const fd = socket.listenTcp({ host: HOST, port: 0 });
  const server = net.createServer((given) => given.end('by fd')).listen({ fd });
  dispose(server);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  expect(String(await bytesOf(own(net.connect(port, HOST))))).toBe('by fd');
});
