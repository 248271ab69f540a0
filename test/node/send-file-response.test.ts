// sendFile() into a response of node:http: the bytes, the headers, the order, and that all of Node's own goes on.

import { openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import http from 'node:http';
import type { Socket } from 'node:net';
import { pathToFileURL } from 'node:url';
import { ioctl } from 'fdreactor/linux';
import { fdOf, sendFile } from 'fdreactor/node';
import { expect, test } from 'vitest';
import { testWith } from '../helpers/needs.js';
import { ownFile } from '../helpers/owned.js';
import { eventually } from '../helpers/patience.js';
import { ask, Client, fileOf, folderOfTests, outcome, portOf, serve } from './servers.js';

const folder = folderOfTests();
const SIZE = 3_000_000;
const { path, bytes } = fileOf(folder, 'bytes', SIZE);
const small = fileOf(folder, 'small', 1000);
const empty = fileOf(folder, 'empty', 0);

test('a file comes whole, with its length, and the response tells what it tells of a write()', async () => {
  const events: Record<string, string[]> = { '/file': [], '/write': [] };
  let sent: unknown;
  const server = await serve(async (request, response) => {
    const mine = events[request.url ?? ''] as string[];
    for (const name of ['prefinish', 'finish', 'close']) response.on(name, () => mine.push(name));
    if (request.url === '/file') sent = await sendFile(response, path);
    else await new Promise((resolve) => response.setHeader('Content-Length', SIZE).write(bytes, resolve));
    expect(response.writableFinished).toBe(false);
    response.end(() => mine.push('ended'));
  });
  for (const url of ['/file', '/write']) {
    const answer = await ask(server, { path: url });
    expect(answer.body.equals(bytes)).toBe(true);
    expect(answer.headers['content-length']).toBe(String(SIZE));
    expect(answer.headers['transfer-encoding']).toBeUndefined();
    await eventually('the events', () => events[url]?.length === 4);
  }
  expect(sent).toEqual({ bytes: SIZE, via: 'sendfile' });
  expect(events['/file']).toEqual(events['/write']);
});

test('a path, a URL, a Buffer, an fd and a FileHandle are files; close says who closes the last two', async () => {
  const handle = await open(path);
  const fd = ownFile(openSync(path, 'r'));
  const files = [path, pathToFileURL(path), Buffer.from(path), fd, handle];
  const server = await serve(async (request, response) => {
    await sendFile(response, files[Number(request.url?.slice(1))] as string);
    response.end();
  });
  for (let i = 0; i < files.length; i++) {
    const { body } = await ask(server, { path: `/${i}` });
    expect(body.equals(bytes), `file ${i}`).toBe(true);
  }
  expect(handle.fd).toBeGreaterThanOrEqual(0);
  await handle.close();

  const closing = await open(path);
  const other = await serve(async (_request, response) => {
    await sendFile(response, closing, { close: true });
    response.end();
  });
  expect((await ask(other)).body.equals(bytes)).toBe(true);
  await eventually('the handle is closed', () => closing.fd === -1);
});

test('a part of the file: start, and the end behind its last byte', async () => {
  const server = await serve(async (_request, response) => {
    response.statusCode = 206;
    await sendFile(response, path, { start: 100, end: 2_000_000 });
    response.end();
  });
  const { body, headers } = await ask(server);
  expect(body.equals(bytes.subarray(100, 2_000_000))).toBe(true);
  expect(headers['content-length']).toBe('1999900');
});

test('an empty file and an empty part send no byte and a length of 0', async () => {
  const server = await serve(async (request, response) => {
    const sent = request.url === '/0' ? sendFile(response, empty.path) : sendFile(response, path, { start: 7, end: 7 });
    expect((await sent).bytes).toBe(0);
    response.end();
  });
  for (const url of ['/0', '/1']) {
    const { body, headers } = await ask(server, { path: url });
    expect(body.length).toBe(0);
    expect(headers['content-length']).toBe('0');
  }
});

testWith({ needs: 'epoll' }, 'an empty file: the headers go out at once', async () => {
  const held: number[] = [];
  const server = await serve((_request, response) => {
    const fd = openSync(empty.path, 'r');
    const socketFd = fdOf(response.socket as Socket);
    void sendFile(response, fd, { close: true });
    response.end(() => held.push(ioctl(socketFd, 'SIOCOUTQNSD')));
  });
  for (let i = 0; i < 3; i++) await ask(server);
  expect(held).toEqual([0, 0, 0]);
});

test('keep-alive: many responses on one connection, with others between them', async () => {
  const server = await serve(async (request, response) => {
    if (request.url === '/text') response.end('text');
    else response.end((await sendFile(response, request.url === '/small' ? small.path : path)) && undefined);
  });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<number>();
  server.on('request', (request) => ports.add(request.socket.remotePort ?? 0));
  for (let i = 0; i < 5; i++) {
    expect((await ask(server, { agent, path: '/small' })).body.equals(small.bytes)).toBe(true);
    expect((await ask(server, { agent, path: '/text' })).body.toString()).toBe('text');
    expect((await ask(server, { agent, path: '/large' })).body.equals(bytes)).toBe(true);
  }
  expect(ports.size).toBe(1);
  agent.destroy();
});

test('pipelined requests are answered in their order, whichever file is ready first', async () => {
  const held: (() => void)[] = [];
  const server = await serve(async (request, response) => {
    if (request.url === '/held') await new Promise<void>((resolve) => held.push(resolve));
    const { bytes: count } = await sendFile(response, request.url === '/large' ? path : small.path);
    expect(count).toBe(request.url === '/large' ? SIZE : 1000);
    response.end();
  });
  const client = new Client(server);
  const urls = ['/held', '/large', '/small', '/large', '/small'];
  client.socket.write(urls.map((url) => `GET ${url} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
  await eventually('the first is asked', () => held.length === 1);
  held[0]?.();
  await eventually(
    'all has come',
    () => client.length > 2 * SIZE + 3000 + 5 * 50 && bodies(client.received).length === 5,
  );
  const expected = [small.bytes, bytes, small.bytes, bytes, small.bytes];
  expect(bodies(client.received).map((body, i) => body.equals(expected[i] as Buffer))).toEqual(Array(5).fill(true));
});

test.each([
  ['an abort', (stop: AbortController) => stop.abort()],
  ['destroy() of the response', (_stop: AbortController, response: http.ServerResponse) => response.destroy()],
])('a pipelined response that waits: %s fails it at once, those before it go out whole', async (_name, act) => {
  const stop = new AbortController();
  const results: unknown[] = [];
  const first: http.ServerResponse[] = [];
  const waiting: http.ServerResponse[] = [];
  const server = await serve(async (request, response) => {
    if (request.url === '/first') first.push(response);
    else {
      if (request.url === '/second') waiting.push(response);
      const fd = openSync(path, 'r');
      const options = { close: true, ...(request.url === '/second' ? { signal: stop.signal } : {}) };
      results.push(await outcome(sendFile(response, fd, options)));
    }
  });
  const client = new Client(server);
  client.socket.write(['first', 'second', 'third'].map((name) => `GET /${name} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
  await eventually('the second waits', () => first.length === 1 && waiting.length === 1);
  act(stop, waiting[0] as http.ServerResponse);
  if (_name === 'an abort') {
    await eventually('it has failed', () => results.length === 1);
    expect(results[0]).toMatchObject({ error: { name: 'AbortError' } });
  }
  expect(client.isClosed).toBe(false);
  await sendFile(first[0] as http.ServerResponse, path);
  first[0]?.end();
  await eventually('the connection ends', () => client.isClosed && results.length === 2);
  expect(bodies(client.received).map((body) => body.equals(bytes))).toEqual([true]);
  expect(client.text.match(/HTTP\/1.1/g)?.length).toBe(1);
});

/** The bodies of answers that have a Content-Length, as far as they are whole. */
function bodies(received: Buffer): Buffer[] {
  const found: Buffer[] = [];
  let place = 0;
  for (;;) {
    const end = received.indexOf('\r\n\r\n', place);
    if (end < 0) return found;
    const length = Number(/content-length: (\d+)/i.exec(received.toString('latin1', place, end))?.[1]);
    place = end + 4 + length;
    if (place > received.length) return found;
    found.push(received.subarray(end + 4, place));
  }
}

test('HEAD has the length and no body, 304 and 204 neither; the connection stays', async () => {
  const server = await serve(async (request, response) => {
    response.statusCode = Number(request.url?.slice(1));
    const { bytes: count } = await sendFile(response, path);
    expect(count).toBe(0);
    response.end();
  });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const head = await ask(server, { method: 'HEAD', path: '/200', agent });
  expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, String(SIZE), 0]);
  for (const status of [304, 204]) {
    const answer = await ask(server, { path: `/${status}`, agent });
    expect([answer.status, answer.headers['content-length'], answer.body.length]).toEqual([status, undefined, 0]);
  }
  agent.destroy();
});

test('a chunked response has the file as a chunk, between what is written before and after', async () => {
  const server = await serve(async (_request, response) => {
    response.setHeader('Transfer-Encoding', 'chunked');
    response.write('before');
    const sent = sendFile(response, path);
    await sent;
    response.write('after');
    response.end('end');
  });
  const { body, headers, complete } = await ask(server);
  expect(headers['content-length']).toBeUndefined();
  expect(complete).toBe(true);
  expect(body.equals(Buffer.concat([Buffer.from('before'), bytes, Buffer.from('afterend')]))).toBe(true);
});

test('with more, two files and text are one body', async () => {
  const server = await serve(async (request, response) => {
    if (request.url === '/length') response.setHeader('Content-Length', SIZE + 1003);
    const both = [sendFile(response, path, { more: true }), sendFile(response, small.path, { more: true })];
    expect((await Promise.all(both)).map((sent) => sent.bytes)).toEqual([SIZE, 1000]);
    response.end('end');
  });
  for (const url of ['/length', '/chunked']) {
    const { body, headers } = await ask(server, { path: url });
    expect(body.equals(Buffer.concat([bytes, small.bytes, Buffer.from('end')]))).toBe(true);
    expect(headers['transfer-encoding']).toBe(url === '/length' ? undefined : 'chunked');
  }
});

test('an fd is in the queue at once: writes and end() of the same turn come after it', async () => {
  const fd = ownFile(openSync(path, 'r'));
  const server = await serve((_request, response) => {
    response.setHeader('Content-Length', SIZE + 6);
    response.write('one');
    void sendFile(response, fd);
    response.end('two');
    expect(response.writableEnded).toBe(true);
    expect(response.writableFinished).toBe(false);
  });
  const { body } = await ask(server);
  expect(body.equals(Buffer.concat([Buffer.from('one'), bytes, Buffer.from('two')]))).toBe(true);
});

test('Content-Length that is not the length: rejected before a byte, and another answer can be sent', async () => {
  const server = await serve(async (request, response) => {
    const said = SIZE + Number(request.url?.slice(1));
    if (request.headers.expectation === 'head') response.writeHead(200, { 'Content-Length': said });
    else response.setHeader('Content-Length', said);
    const result = await outcome(sendFile(response, path));
    expect(result).toMatchObject({ error: { code: 'ERR_HTTP_CONTENT_LENGTH_MISMATCH' } });
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.removeHeader('Content-Length');
    response.statusCode = 500;
    response.end('sorry');
  });
  for (const difference of ['-1', '1']) {
    const { status, body } = await ask(server, { path: `/${difference}` });
    expect([status, body.toString()]).toEqual([500, 'sorry']);
    await expect(ask(server, { path: `/${difference}`, headers: { expectation: 'head' } })).rejects.toThrow();
  }
});

test('strictContentLength counts the file', async () => {
  const thrown: unknown[] = [];
  const server = await serve(async (_request, response) => {
    response.strictContentLength = true;
    response.setHeader('Content-Length', SIZE + 3);
    await sendFile(response, path, { more: true });
    for (const end of ['too much', '', 'end']) {
      try {
        response.end(end);
      } catch (error) {
        thrown.push((error as NodeJS.ErrnoException).code);
      }
    }
  });
  const { body } = await ask(server);
  expect(body.equals(Buffer.concat([bytes, Buffer.from('end')]))).toBe(true);
  expect(thrown).toEqual(Array(2).fill('ERR_HTTP_CONTENT_LENGTH_MISMATCH'));
});

test('HTTP/1.0 without a length: the end of the connection is the end of the body', async () => {
  const server = await serve(async (_request, response) => {
    await sendFile(response, path, { more: true });
    response.end('end');
  });
  const client = new Client(server);
  client.socket.write('GET / HTTP/1.0\r\n\r\n');
  await eventually('the connection ends', () => client.isClosed);
  const body = client.received.subarray(client.received.indexOf('\r\n\r\n') + 4);
  expect(body.equals(Buffer.concat([bytes, Buffer.from('end')]))).toBe(true);
});

test('Connection: close ends the connection behind the file', async () => {
  const server = await serve(async (_request, response) => {
    response.setHeader('Connection', 'close');
    await sendFile(response, path);
    response.end();
  });
  const client = new Client(server);
  client.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually('the connection ends', () => client.isClosed);
  expect(client.received.subarray(-SIZE).equals(bytes)).toBe(true);
});

test('bytesWritten of the socket has the file, during and after', async () => {
  let socket: import('node:net').Socket | undefined;
  const server = await serve(async (_request, response) => {
    socket = response.socket ?? undefined;
    await sendFile(response, path);
    response.end();
  });
  const client = new Client(server);
  client.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually('all has come', () => client.length > SIZE);
  const { length } = client;
  expect(socket?.bytesWritten).toBe(length);
  client.socket.destroy();
  await eventually('the server has noticed', () => socket?.closed === true);
  expect(socket?.bytesWritten).toBe(length);
});

test('a corked response and a corked socket send it when they are uncorked', async () => {
  const server = await serve(async (request, response) => {
    const corked = request.url === '/socket' ? response.socket : response;
    corked?.cork();
    response.setHeader('Content-Length', 3 + 1000);
    response.write('one');
    const sent = sendFile(response, small.path);
    await new Promise(setImmediate);
    corked?.uncork();
    expect((await sent).bytes).toBe(1000);
    response.end();
  });
  for (const path of ['/response', '/socket']) {
    const { body } = await ask(server, { path });
    expect(body.equals(Buffer.concat([Buffer.from('one'), small.bytes]))).toBe(true);
  }
});

test('write() after it says whether there is room, and drain follows', async () => {
  const fd = ownFile(openSync(path, 'r'));
  let drained = 0;
  const server = await serve((_request, response) => {
    response.setHeader('Content-Length', SIZE + 5);
    void sendFile(response, fd, { more: true });
    expect(response.write('12345')).toBe(false);
    expect(response.writableLength).toBeGreaterThanOrEqual(SIZE);
    response.once('drain', () => {
      drained++;
      response.end();
    });
  });
  const { body } = await ask(server);
  expect(body.length).toBe(SIZE + 5);
  expect(drained).toBe(1);
  expect(portOf(server)).toBeGreaterThan(0);
});
