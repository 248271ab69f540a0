// sendFile() into a socket of node:net: order with other writes, every state of the socket, large and sparse files.
import { createHash } from 'node:crypto';
import { ftruncateSync, openSync, writeSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { Interest } from 'fdreactor';
import { fdOf, sendFile, sharedReactor } from 'fdreactor/node';
import { expect, test } from 'vitest';
import { openFds } from '../helpers/open-fds.js';
import { dispose, ownFile } from '../helpers/owned.js';
import { eventually } from '../helpers/patience.js';
import { Client, fileOf, folderOfTests, type Outcome, outcome, portOf, serveRaw } from './servers.js';

const folder = folderOfTests();
const SIZE = 5_000_000;
const { path, bytes } = fileOf(folder, 'bytes', SIZE);
const small = fileOf(folder, 'small', 1000);
const large = fileOf(folder, 'large', 30_000_000); // more than the kernel takes of a peer that does not read

test('between writes, in the order of the calls; end() comes behind all', async () => {
  const fd = ownFile(openSync(path, 'r'));
  const server = await serveRaw((socket) => {
    const sent: Promise<unknown>[] = [];
    for (let i = 0; i < 3; i++) {
      socket.write(`<${i}`);
      sent.push(sendFile(socket, fd, { start: i, end: SIZE - i }));
      socket.write('>');
    }
    socket.end('end');
    void Promise.all(sent);
  });
  const client = new Client(server);
  await eventually('the connection ends', () => client.isClosed);
  const parts = [0, 1, 2].flatMap((i) => [Buffer.from(`<${i}`), bytes.subarray(i, SIZE - i), Buffer.from('>')]);
  expect(client.received.equals(Buffer.concat([...parts, Buffer.from('end')]))).toBe(true);
});

test('behind bytes that libuv still holds', async () => {
  const large = Buffer.alloc(30_000_000, 'x');
  const fd = ownFile(openSync(path, 'r'));
  const server = await serveRaw((socket) => {
    socket.write(large);
    socket.write('|');
    void sendFile(socket, fd);
    socket.end('|');
  });
  const client = new Client(server);
  client.socket.pause();
  await new Promise((resolve) => setTimeout(resolve, 50));
  client.socket.resume();
  await eventually('the connection ends', () => client.isClosed);
  expect(client.received.equals(Buffer.concat([large, Buffer.from('|'), bytes, Buffer.from('|')]))).toBe(true);
});

test('paths are sent in the order of the calls as well, and fds behind them', async () => {
  const fd = ownFile(openSync(small.path, 'r'));
  const server = await serveRaw(async (socket) => {
    await Promise.all([
      sendFile(socket, path),
      sendFile(socket, small.path),
      sendFile(socket, fd),
      sendFile(socket, path),
    ]);
    socket.end();
  });
  const client = new Client(server);
  await eventually('the connection ends', () => client.isClosed);
  expect(client.received.equals(Buffer.concat([bytes, small.bytes, small.bytes, bytes]))).toBe(true);
});

test('one of the paths is no file: the others are sent', async () => {
  let result: unknown;
  const server = await serveRaw(async (socket) => {
    const sending = [
      sendFile(socket, small.path),
      sendFile(socket, join(folder, 'none')),
      sendFile(socket, small.path),
    ];
    result = await Promise.all(sending.map(outcome));
    socket.end();
  });
  const client = new Client(server);
  await eventually('the connection ends', () => client.isClosed);
  expect(client.received.equals(Buffer.concat([small.bytes, small.bytes]))).toBe(true);
  expect(result).toMatchObject([{ value: { bytes: 1000 } }, { error: { code: 'ENOENT' } }, { value: { bytes: 1000 } }]);
});

test('a client that is still connecting sends it when it is connected', async () => {
  const parts: Buffer[] = [];
  let hasEnded = false;
  const server = await serveRaw((socket) => {
    socket.on('data', (part) => parts.push(part));
    socket.on('end', () => {
      hasEnded = true;
    });
  });
  const socket = net.connect(portOf(server), '127.0.0.1');
  expect(socket.connecting).toBe(true);
  expect(await sendFile(socket, ownFile(openSync(path, 'r')))).toEqual({ bytes: SIZE, via: 'sendfile' });
  socket.end();
  await eventually('the end', () => hasEnded);
  expect(Buffer.concat(parts).equals(bytes)).toBe(true);
  await finished(socket);
});

test('a connection that is refused: rejected, and the process goes on', async () => {
  const server = await serveRaw(() => {});
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  const socket = net.connect(port, '127.0.0.1');
  const sending = outcome(sendFile(socket, ownFile(openSync(path, 'r'))));
  const written = new Promise((resolve) => socket.write('behind it', resolve));
  expect(await sending).toMatchObject({ error: { name: 'SystemError', code: 'ECONNREFUSED' } });
  expect(socket.destroyed).toBe(true);
  expect(await written).toBeInstanceOf(Error);
});

test('an error of the connection is told by the promise: no listener of error is needed', async () => {
  const fd = ownFile(openSync(path, 'r'));
  const results: unknown[] = [];
  const server = await serveRaw(async (socket) => {
    const controller = new AbortController();
    const sending = Array.from({ length: 20 }, () => outcome(sendFile(socket, fd, { signal: controller.signal })));
    await eventually('the kernel takes no more', () => socket.bytesWritten > 100_000);
    controller.abort();
    results.push(...(await Promise.all(sending)));
    expect(socket.errored).toMatchObject({ name: 'AbortError' });
  });
  const client = new Client(server);
  client.socket.pause();
  await eventually('all are over', () => results.length === 20);
  const ends = results.map((result) => (result as { error?: Error }).error?.name ?? 'sent');
  expect(ends.filter((end) => end !== 'sent' && end !== 'AbortError')).toEqual([]);
  expect(ends.at(-1)).toBe('AbortError');
});

test('a file of more than 4 GiB: a part beyond that, and its length', async () => {
  const large = join(folder, 'sparse');
  const fd = ownFile(openSync(large, 'w+'));
  const end = 5 * 2 ** 30;
  ftruncateSync(fd, end);
  const at = 2 ** 32 + 12_345;
  writeSync(fd, bytes, 0, SIZE, at);
  const server = await serveRaw(async (socket) => {
    await sendFile(socket, large, { start: at - 10, end: at + SIZE + 10 });
    socket.end();
  });
  const client = new Client(server);
  await eventually('the connection ends', () => client.isClosed);
  const zeros = Buffer.alloc(10);
  expect(client.received.equals(Buffer.concat([zeros, bytes, zeros]))).toBe(true);
});

test('writableLength counts what is queued, and bytesWritten all that was sent', async () => {
  const fd = ownFile(openSync(path, 'r'));
  let checked = false;
  const server = await serveRaw(async (socket) => {
    socket.cork();
    socket.write('12345');
    const sending = sendFile(socket, fd);
    expect(socket.writableLength).toBe(SIZE + 5);
    expect(socket.writableNeedDrain).toBe(true);
    socket.uncork();
    await sending;
    expect(socket.bytesWritten).toBe(SIZE + 5);
    socket.write('67');
    expect(socket.bytesWritten).toBe(SIZE + 7);
    socket.destroy();
    expect(socket.bytesWritten).toBe(SIZE + 7);
    checked = true;
  });
  const client = new Client(server);
  await eventually('all was checked', () => checked && client.isClosed);
});

test('setEncoding() of the reading side changes nothing; the hash of a hundred pieces is that of the file', async () => {
  const fd = ownFile(openSync(path, 'r'));
  const server = await serveRaw(async (socket) => {
    socket.setEncoding('utf8').resume();
    const piece = SIZE / 100;
    for (let i = 0; i < 100; i++) void sendFile(socket, fd, { start: i * piece, end: (i + 1) * piece });
    socket.end();
  });
  const client = new Client(server);
  await eventually('the connection ends', () => client.isClosed);
  const hash = (what: Buffer): string => createHash('sha256').update(what).digest('hex');
  expect(hash(client.received)).toBe(hash(bytes));
});

test('five thousand small pieces behind a peer that does not read at first', async () => {
  const fd = ownFile(openSync(path, 'r'));
  const count = 5000;
  const server = await serveRaw((socket) => {
    socket.write(bytes);
    socket.write(bytes);
    for (let i = 0; i < count; i++) {
      void sendFile(socket, fd, { start: i, end: i + 3 });
      if (i % 100 === 0) socket.write('|');
    }
    socket.end();
  });
  const client = new Client(server);
  client.socket.pause();
  await new Promise((resolve) => setTimeout(resolve, 100));
  client.socket.resume();
  await eventually('the connection ends', () => client.isClosed);
  const parts = Array.from({ length: count }, (_, i) => [
    bytes.subarray(i, i + 3),
    Buffer.from(i % 100 === 0 ? '|' : ''),
  ]);
  expect(client.received.equals(Buffer.concat([bytes, bytes, ...parts.flat()]))).toBe(true);
});

test('into a socket whose fd the program watches with the shared reactor: both go on', async () => {
  const size = sharedReactor().size;
  let comes = 0;
  let sent: Promise<Outcome<unknown>> | undefined;
  const onConnection = (socket: net.Socket): void => {
    const registration = sharedReactor().register(fdOf(socket), Interest.READABLE, () => comes++);
    sent = outcome(sendFile(socket, large.path)).finally(() => {
      registration.deregister();
      socket.resume().end();
    });
  };
  const server = await serveRaw(onConnection, { pauseOnConnect: true }); // else libuv may be first to read
  const before = openFds().size;
  const client = new Client(server);
  client.socket.pause();
  await eventually('the file waits for its reader', () => sharedReactor().size === size + 2);
  client.socket.write('something');
  await eventually('the program is told', () => comes > 0);
  client.socket.resume();
  await eventually('all comes', () => client.hasEnded);
  expect(await sent).toEqual({ value: { bytes: large.bytes.length, via: 'sendfile' } });
  expect(client.received.equals(large.bytes)).toBe(true);
  await eventually('no fd is left', () => openFds().size <= before && sharedReactor().size === size);
});

test('a Unix socket takes files as well', async () => {
  const name = join(folder, 'socket');
  const server = net.createServer((socket) => void sendFile(socket, path).then(() => socket.end()));
  dispose({ close: () => server.close() });
  await new Promise<void>((resolve) => server.listen(name, resolve));
  const client = net.connect(name);
  const parts: Buffer[] = [];
  client.on('data', (part) => parts.push(part));
  await new Promise((resolve) => client.on('close', resolve));
  expect(Buffer.concat(parts).equals(bytes)).toBe(true);
});
