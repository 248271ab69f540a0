// How a path is opened (at once, or in a thread of libuv) and how the bytes before a file leave (with the file, or by
// libuv) is not seen by a program: the same order, the same bytes, the same errors.
import { openSync, renameSync, writeFileSync } from 'node:fs';
import type net from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type FileSource, fdOf, sendFile, staticFiles } from 'fdreactor/node';
import * as socketCalls from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { inChild } from '../helpers/child.js';
import { ownFile } from '../helpers/owned.js';
import { eventually } from '../helpers/patience.js';
import { ask, Client, fileOf, folderOfTests, outcome, serve, serveRaw } from './servers.js';

const folder = folderOfTests();
const SIZE = 100_000;
const { path, bytes } = fileOf(folder, 'bytes', SIZE);

/** The same file by a name that is too long to be opened at once. */
const long = (name: string): string => join(folder, '') + '/.'.repeat(700) + name.slice(folder.length);

const sources: [string, FileSource][] = [
  ['a path in the cache of names', path],
  ['a path that a thread opens', long(path)],
  ['a URL', pathToFileURL(path)],
  ['a Buffer', Buffer.from(path)],
];

test.each(sources)('%s: what the same turn writes goes before the file', async (_name, source) => {
  const server = await serveRaw(async (socket) => {
    const sending = sendFile(socket, source);
    socket.write('before');
    expect(await sending).toEqual({ bytes: SIZE, via: 'sendfile' });
    socket.end('after');
  });
  const client = new Client(server);
  await eventually('the connection ends', () => client.isClosed);
  expect(client.received.equals(Buffer.concat([Buffer.from('before'), bytes, Buffer.from('after')]))).toBe(true);
});

test.each(sources)('%s: end() in the same turn is refused alike', async (_name, source) => {
  const results: unknown[] = [];
  const server = await serveRaw((socket) => {
    void outcome(sendFile(socket, source)).then((result) => results.push(result));
    socket.end('text');
  });
  const client = new Client(server);
  await eventually('the connection ends', () => client.isClosed && results.length === 1);
  expect(client.text).toBe('text');
  expect(results[0]).toMatchObject({ error: { code: 'ERR_STREAM_WRITE_AFTER_END' } });
});

test('paths of both kinds, one that is not there, and an fd: the order of the calls', async () => {
  const parts = ['one', 'two', 'three', 'four', 'five'];
  const names = parts.map((part) => {
    const name = join(folder, part);
    writeFileSync(name, part);
    return name;
  });
  const [one = '', two = '', three = '', four = '', five = ''] = names;
  const fd = ownFile(openSync(three, 'r'));
  const server = await serveRaw(async (socket) => {
    const results = await Promise.all([
      sendFile(socket, long(one)),
      sendFile(socket, two),
      outcome(sendFile(socket, long(join(folder, 'missing')))),
      sendFile(socket, fd),
      sendFile(socket, four),
      outcome(sendFile(socket, join(folder, 'missing'))),
      sendFile(socket, long(five)),
    ]);
    expect(results[2]).toMatchObject({ error: { code: 'ENOENT', syscall: 'open' } });
    expect(results[5]).toMatchObject({ error: { code: 'ENOENT', syscall: 'open' } });
    socket.end();
  });
  const client = new Client(server);
  await eventually('the connection ends', () => client.isClosed);
  expect(client.text).toBe(parts.join(''));
});

const before: [string, (string | Buffer | [string, BufferEncoding])[]][] = [
  ['latin1 and bytes', [['caf\u00e9', 'latin1'], Buffer.from([0, 255, 1]), ['end', 'latin1']]],
  ['UTF-8', ['caf\u00e9 \u{1f600}']],
  ['hex', [['00ff', 'hex']]],
  ['more than is copied', [Buffer.alloc(20_000, 'x')]],
  ['exactly as much as is copied', [Buffer.alloc(16_000, 'x'), Buffer.alloc(384, 'y')]],
  ['nothing', [Buffer.alloc(0), ['', 'latin1']]],
];

test.each(before)('before a file: %s', async (_name, writes) => {
  const fd = ownFile(openSync(path, 'r'));
  const expected = Buffer.concat(
    writes.map((one) => (Array.isArray(one) ? Buffer.from(...one) : Buffer.from(one as string))),
  );
  const counts: number[] = [];
  const server = await serveRaw(async (socket) => {
    socket.cork();
    for (const one of writes) {
      if (Array.isArray(one)) socket.write(...one);
      else socket.write(one);
    }
    const sending = sendFile(socket, fd);
    process.nextTick(() => socket.uncork());
    await sending;
    counts.push(socket.bytesWritten);
    socket.end();
  });
  const client = new Client(server);
  await eventually('the connection ends', () => client.isClosed);
  expect(client.received.equals(Buffer.concat([expected, bytes]))).toBe(true);
  expect(counts).toEqual([expected.length + SIZE]);
});

test('before a file: more than the kernel takes of a peer that does not read', async () => {
  const fd = ownFile(openSync(path, 'r'));
  const head = Buffer.alloc(16_000, 'h');
  let accepted: net.Socket | undefined;
  const server = await serveRaw(async (socket) => {
    const { SOL_SOCKET, SO_SNDBUF } = socketCalls.constants;
    socketCalls.setsockopt(fdOf(socket), SOL_SOCKET, SO_SNDBUF, 1);
    accepted = socket;
    const sent: Promise<unknown>[] = [];
    for (let i = 0; i < 100; i++) {
      socket.cork();
      socket.write(head);
      sent.push(sendFile(socket, fd, { end: 1000 }));
      socket.uncork();
    }
    await Promise.all(sent);
    socket.end();
  });
  const client = new Client(server);
  client.socket.pause();
  let last = -1;
  await eventually('the kernel takes no more', () => {
    const now = accepted?.bytesWritten ?? 0;
    const isStalled = now > 0 && now === last;
    last = now;
    return isStalled;
  });
  client.socket.resume();
  await eventually('the connection ends', () => client.isClosed);
  const part = Buffer.concat([head, bytes.subarray(0, 1000)]);
  expect(client.received.equals(Buffer.concat(Array(100).fill(part)))).toBe(true);
});

test('staticFiles(): a file that is replaced, or written anew, is never served as it was', async () => {
  const root = join(folder, '');
  const serveFiles = staticFiles(root);
  const server = await serve((request, response) => serveFiles(request, response, () => response.end('no')));
  const name = join(root, 'changing.txt');
  for (let i = 0; i < 20; i++) {
    if (i % 2 === 0) writeFileSync(name, `written ${i}`);
    else {
      writeFileSync(`${name}.new`, `replaced ${i}`);
      renameSync(`${name}.new`, name);
    }
    const answer = await ask(server, { path: '/changing.txt' });
    expect([answer.status, answer.body.toString()]).toEqual([200, i % 2 === 0 ? `written ${i}` : `replaced ${i}`]);
  }
});

test('staticFiles(): headers that are set in the same turn, after the call, are sent', async () => {
  const serveFiles = staticFiles(folder);
  const server = await serve((request, response) => {
    serveFiles(request, response, () => response.end('no'));
    response.setHeader('X-After', 'yes');
  });
  const answer = await ask(server, { path: '/bytes' });
  expect([answer.headers['x-after'], answer.body.equals(bytes)]).toEqual(['yes', true]);
});

test('in a worker node:fs is told of what is closed', async () => {
  const { code, reports, stderr } = await inChild(
    async ({ workerThreads, report, args }) => {
      const source = `
        const { parentPort, workerData } = require('node:worker_threads');
        const { openSync } = require('node:fs');
        const net = require('node:net');
        import('fdreactor/node').then(({ sendFile }) => {
          const server = net.createServer(async (socket) => {
            for (let i = 0; i < 6; i++) await sendFile(socket, workerData[i % 2]);
            await sendFile(socket, openSync(workerData[0], 'r'), { close: true });
            socket.end();
            server.close();
            parentPort.postMessage('sent');
          });
          server.listen(0, '127.0.0.1', () => net.connect(server.address().port, '127.0.0.1').resume());
        });`;
      const worker = new workerThreads.Worker(source, { eval: true, workerData: args });
      worker.on('message', report);
      report(await new Promise((resolve) => worker.once('exit', resolve)));
    },
    { args: [path, long(path)] },
  );
  expect([code, reports, stderr]).toEqual([0, ['sent', 0], '']);
});
