// splice(): every byte goes to the other side, in its order, whatever Node had read and not yet sent, and both ends are
// told as Node tells them.

import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { fdOf, sendFile, sharedReactor, splice } from 'fdreactor/node';
import { expect, test } from 'vitest';
import { eventually } from '../../helpers/patience.js';
import { Client, fileOf, folderOfTests, outcome, portOf, serve, serveRaw } from '../servers.js';
import { ends, isGone, isOver, join, joinedEnds, LARGE, longestOf, sha256, stalled } from './ends.js';

const folder = folderOfTests();

test('both ways at once, and the counts of the sockets', async () => {
  const joined = await joinedEnds();
  const { a, b, left, right } = joined;
  const [up, down] = [randomBytes(20_000_000), randomBytes(10_000_000)];
  left.socket.end(up);
  right.socket.end(down);
  expect(await isOver(joined)).toEqual({ value: { aToB: up.length, bToA: down.length, via: 'splice' } });
  await eventually('all has come', () => left.length === down.length && right.length === up.length);
  expect(sha256(right.received)).toBe(sha256(up));
  expect(sha256(left.received)).toBe(sha256(down));
  expect([a.bytesRead, a.bytesWritten]).toEqual([up.length, down.length]);
  expect([b.bytesRead, b.bytesWritten]).toEqual([down.length, up.length]);
  expect(isGone(joined)).toBe(true);
});

test('the end of one direction is that of the other side alone, whatever allowHalfOpen is', async () => {
  for (const allowHalfOpen of [false, true]) {
    const joined = await joinedEnds({}, { allowHalfOpen });
    const { a, b, left, right, events } = joined;
    left.socket.end('question');
    await eventually('the right one sees the end', () => right.hasEnded);
    expect(right.text).toBe('question');
    await eventually('as the stream says', () => events.includes('b finish') && events.includes('a end'));
    expect([a.destroyed, b.destroyed, b.writableEnded, a.writableEnded]).toEqual([false, false, true, false]);
    right.socket.write('an answer, ');
    await eventually('it comes', () => left.text === 'an answer, ');
    right.socket.end('and its end');
    expect(await isOver(joined)).toEqual({ value: { aToB: 8, bToA: 22, via: 'splice' } });
    await eventually('it comes as well', () => left.hasEnded);
    expect(left.text).toBe('an answer, and its end');
    expect([...events].sort()).toEqual(['a close', 'a end', 'a finish', 'b close', 'b end', 'b finish'].sort());
  }
});

test('nothing at all, and an end at once', async () => {
  const joined = await joinedEnds();
  joined.left.socket.end();
  joined.right.socket.end();
  expect(await isOver(joined)).toEqual({ value: { aToB: 0, bToA: 0, via: 'splice' } });
});

test('what was written before, what was read before, and what comes', async () => {
  const found = await ends({ pauseOnConnect: true });
  const { a, b, left, right } = found;
  const bytes = randomBytes(300_000);
  left.socket.write(bytes.subarray(0, 100_000));
  a.once('readable', () => {});
  await eventually('some was read', () => a.readableLength > 0);
  a.unshift(Buffer.from('put back, '));
  b.write('written before, ');
  const joined = join(found);
  expect(a.readableLength).toBe(0);
  left.socket.end(bytes.subarray(100_000));
  right.socket.end();
  const expected = Buffer.concat([Buffer.from('written before, put back, '), bytes]);
  expect(await isOver(joined)).toEqual({ value: { aToB: bytes.length + 10, bToA: 0, via: 'splice' } });
  await eventually('all has come', () => right.hasEnded);
  expect(sha256(right.received)).toBe(sha256(expected));
});

test('behind bytes that libuv still holds, each way', async () => {
  const found = await ends();
  const { a, b, left, right } = found;
  const [toLeft, toRight] = [randomBytes(LARGE), randomBytes(LARGE)];
  left.socket.pause();
  right.socket.pause();
  a.write(toLeft);
  b.write(toRight);
  const joined = join(found);
  left.socket.end('from the left');
  right.socket.end('from the right');
  await new Promise((resolve) => setTimeout(resolve, 30));
  left.socket.resume();
  right.socket.resume();
  expect(await isOver(joined)).toEqual({ value: { aToB: 13, bToA: 14, via: 'splice' } });
  await eventually('all has come', () => left.hasEnded && right.hasEnded);
  expect(sha256(left.received)).toBe(sha256(Buffer.concat([toLeft, Buffer.from('from the right')])));
  expect(sha256(right.received)).toBe(sha256(Buffer.concat([toRight, Buffer.from('from the left')])));
  expect(a.bytesWritten).toBe(LARGE + 14);
});

test('one direction goes while the other still waits for what was written before', async () => {
  const found = await ends();
  const { a, left, right } = found;
  left.socket.pause();
  a.write(Buffer.alloc(LARGE));
  const joined = join(found);
  left.socket.write('goes');
  await eventually('it comes', () => right.text === 'goes');
  right.socket.end('waits');
  left.socket.resume();
  left.socket.end();
  await isOver(joined);
  await eventually('all has come', () => left.length === LARGE + 5);
});

test('a file on its way is sent first, each way, and neither is disturbed', async () => {
  const { path, bytes } = fileOf(folder, 'file', LARGE);
  const found = await ends();
  const { a, b, left, right } = found;
  left.socket.pause();
  right.socket.pause();
  const handle = await open(path);
  const sending = [sendFile(a, handle), sendFile(b, handle)];
  await eventually('both wait for room', () => a.bytesWritten > 100_000 && b.bytesWritten > 100_000);
  const joined = join(found);
  left.socket.end('from the left');
  right.socket.end('from the right');
  await new Promise((resolve) => setTimeout(resolve, 30));
  left.socket.resume();
  right.socket.resume();
  expect(await isOver(joined)).toEqual({ value: { aToB: 13, bToA: 14, via: 'splice' } });
  expect(await Promise.all(sending)).toEqual([
    { bytes: LARGE, via: 'sendfile' },
    { bytes: LARGE, via: 'sendfile' },
  ]);
  await handle.close();
  await eventually('all has come', () => left.hasEnded && right.hasEnded);
  expect(sha256(left.received)).toBe(sha256(Buffer.concat([bytes, Buffer.from('from the right')])));
  expect(sha256(right.received)).toBe(sha256(Buffer.concat([bytes, Buffer.from('from the left')])));
});

test('an end that Node has read already ends the other side behind the unread bytes', async () => {
  for (const isEmitted of [false, true]) {
    const found = await ends({ allowHalfOpen: true, pauseOnConnect: true });
    const { a, left, right } = found;
    left.socket.end(isEmitted ? '' : 'last words');
    if (isEmitted) {
      a.resume();
      await eventually("'end' was emitted", () => a.readableEnded);
    } else {
      a.once('readable', () => {});
      await eventually('all was read', () => a.readableLength === 10);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const joined = join(found);
    await eventually('the right one sees the end', () => right.hasEnded);
    right.socket.end('answer');
    expect(await isOver(joined)).toEqual({ value: { aToB: isEmitted ? 0 : 10, bToA: 6, via: 'splice' } });
    await eventually('the left one sees the end', () => left.hasEnded);
    expect([right.text, left.text]).toEqual([isEmitted ? '' : 'last words', 'answer']);
  }
});

test('listeners get nothing, whatever they ask for', async () => {
  const found = await ends();
  const { a, left, right } = found;
  const got: Buffer[] = [];
  a.on('data', (part) => got.push(part));
  const joined = join(found);
  a.on('data', (part) => got.push(part));
  a.on('readable', () => {
    const part = a.read();
    if (part !== null) got.push(part);
  });
  left.socket.write('for the right');
  a.resume();
  a.read();
  a.pause();
  await eventually('it comes', () => right.text === 'for the right');
  a.resume();
  left.socket.end();
  right.socket.end();
  await isOver(joined);
  expect(got).toEqual([]);
});

test('a corked socket waits for uncork()', async () => {
  const found = await ends();
  const { b, left, right } = found;
  b.cork();
  b.write('corked, ');
  const joined = join(found);
  left.socket.end('spliced');
  right.socket.end();
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(right.text).toBe('');
  b.uncork();
  await isOver(joined);
  await eventually('all has come', () => right.text === 'corked, spliced');
});

test('progress is activity for setTimeout() of both sockets', async () => {
  let isQuiet = false;
  for (let timeoutMs = 1000; !isQuiet; timeoutMs *= 2) {
    const found = await ends();
    const { a, b, left, right } = found;
    const timedOut: string[] = [];
    a.setTimeout(timeoutMs, () => timedOut.push('a'));
    b.setTimeout(timeoutMs, () => timedOut.push('b'));
    const joined = join(found);
    const longest = await longestOf(15, async () => {
      left.socket.write('x');
      await new Promise((resolve) => setTimeout(resolve, timeoutMs / 10));
    });
    isQuiet = longest < timeoutMs / 2; // else others have stopped this process
    if (isQuiet) {
      expect(timedOut).toEqual([]);
      await eventually('both when nothing comes', () => timedOut.length === 2);
    }
    left.socket.end();
    right.socket.end();
    await isOver(joined);
  }
});

test('a side that does not read holds the other one back, and nothing spins', async () => {
  const joined = await stalled();
  const { left, right, b } = joined;
  expect(b.bytesWritten).toBeLessThan(LARGE);
  // What spins, spins in each 200 ms. What the engine still has to clear away ends some time.
  for (let cpuMs = 200; cpuMs >= 100; ) {
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const { user, system } = process.cpuUsage(before);
    cpuMs = (user + system) / 1000;
  }
  right.socket.resume();
  left.socket.end();
  right.socket.end();
  expect(await isOver(joined)).toMatchObject({ value: { aToB: LARGE } });
});

test('timers of Node go on beside tunnels at full speed, and each has its turn', async () => {
  const all = await Promise.all(Array.from({ length: 8 }, () => joinedEnds()));
  let isRunning = true;
  for (const { left } of all) {
    const block = Buffer.alloc(1 << 20);
    const send = (): void => {
      if (isRunning) left.socket.write(block, send);
    };
    send();
  }
  let late = 0;
  for (let i = 0; i < 20; i++) {
    const before = process.cpuUsage(); // others may stop this process for longer
    await new Promise((resolve) => setTimeout(resolve, 5));
    const { user, system } = process.cpuUsage(before);
    late = Math.max(late, (user + system) / 1000);
  }
  isRunning = false;
  const lengths = all.map(({ right }) => right.length);
  expect(Math.min(...lengths)).toBeGreaterThan(0);
  expect(late).toBeLessThan(1000);
  for (const { left, right } of all) {
    left.socket.end();
    right.socket.end();
  }
  for (const joined of all) expect(await isOver(joined)).toHaveProperty('value');
});

test('Unix sockets', async () => {
  const path = `${folder}/socket`;
  const server = net.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const front = await serveRaw((socket) => {
    const target = net.connect(path, () => void outcome(splice(socket, target)));
  });
  const client = new Client(front, { allowHalfOpen: true });
  const bytes = randomBytes(3_000_000);
  client.socket.end(bytes);
  await eventually('it comes back', () => client.hasEnded);
  expect(sha256(client.received)).toBe(sha256(bytes));
  await new Promise((resolve) => server.close(resolve));
});

test('listeners of both sockets, and what waits for the promise, run in the AsyncLocalStorage store of the call', async () => {
  const store = new AsyncLocalStorage<number>();
  const found: string[] = [];
  const tunnels = await Promise.all([1, 2, 3].map(() => ends()));
  for (const [index, { a, b }] of tunnels.entries()) {
    store.run(index, async () => {
      for (const socket of [a, b]) {
        for (const event of ['end', 'finish'])
          socket.on(event, () => found.push(`${event} ${store.getStore() === index}`));
      }
      await splice(a, b);
      found.push(`promise ${store.getStore() === index}`);
    });
  }
  for (const { left, right } of tunnels) {
    left.socket.end(Buffer.alloc(3_000_000)); // more than a turn moves
    right.socket.end('text');
  }
  await eventually('all is told', () => found.length === 15);
  expect(found.filter((line) => !line.endsWith('true'))).toEqual([]);
});

test('fdOf() works on, and the fds are out of the reactor when it is over', async () => {
  const before = sharedReactor().size;
  const joined = await joinedEnds();
  await eventually('both are registered', () => sharedReactor().size === before + 2);
  expect(fdOf(joined.a)).toBeGreaterThan(0);
  joined.left.socket.end();
  joined.right.socket.end();
  await isOver(joined);
  expect(sharedReactor().size).toBe(before);
});

test("'connect' of node:http: in the server, and in the client", async () => {
  const target = await serveRaw((socket) => socket.on('data', (part) => socket.write(part)));
  const proxy = await serve(() => {});
  const results: unknown[] = [];
  proxy.on('connect', (_request, client: net.Socket, head: Buffer) => {
    const upstream = net.connect(portOf(target), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\nat once, ');
      if (head.length > 0) client.unshift(head);
      void outcome(splice(client, upstream)).then((result) => results.push(result));
    });
  });
  const raw = new Client(proxy, { allowHalfOpen: true });
  raw.socket.write('CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\nwith the head');
  await eventually('the head comes back', () => raw.text.endsWith('with the head'));
  raw.socket.write(', and more');
  await eventually('and what follows', () => raw.text === 'HTTP/1.1 200 OK\r\n\r\nat once, with the head, and more');
  raw.socket.end();

  const local = await serveRaw((accepted) => {
    const request = http.request({ port: portOf(proxy), host: '127.0.0.1', method: 'CONNECT', path: 'x:1' });
    request.on('connect', (_response, tunnel: net.Socket, head: Buffer) => {
      if (head.length > 0) tunnel.unshift(head);
      void outcome(splice(accepted, tunnel)).then((result) => results.push(result));
    });
    request.end();
  });
  const client = new Client(local, { allowHalfOpen: true });
  client.socket.write('through two');
  await eventually('it comes back', () => client.text === 'at once, through two');
  client.socket.end();
  await eventually('all are over', () => results.length === 3);
});

test("'upgrade' of node:http", async () => {
  const server = await serve(() => {});
  server.on('upgrade', (_request, socket: net.Socket, head: Buffer) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
    socket.on('data', (part) => socket.write(part));
    socket.on('end', () => socket.end());
    if (head.length > 0) socket.write(head);
  });
  const front = await serve(() => {});
  let result: unknown;
  front.on('upgrade', (_request, client: net.Socket, head: Buffer) => {
    const headers = { Connection: 'Upgrade', Upgrade: 'x' };
    const request = http.request({ port: portOf(server), host: '127.0.0.1', headers }).end();
    request.on('upgrade', (_response, target: net.Socket, first: Buffer) => {
      client.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
      if (head.length > 0) client.unshift(head);
      if (first.length > 0) target.unshift(first);
      void outcome(splice(client, target)).then((one) => {
        result = one;
      });
    });
  });
  const client = new Client(front, { allowHalfOpen: true });
  client.socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nhead');
  await eventually('the head comes back', () => client.text.endsWith('\r\n\r\nhead'));
  client.socket.write(' and more');
  await eventually('and more', () => client.text.endsWith('\r\n\r\nhead and more'));
  client.socket.end();
  await eventually('it is over', () => result !== undefined);
  expect(result).toHaveProperty('value');
});
