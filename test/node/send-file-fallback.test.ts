// sendFile() where sendfile(2) cannot be used: refused with the reason, or with `fallback` copied.
import { fstatSync, openSync, readFileSync, truncateSync } from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';
import type net from 'node:net';
import { PassThrough } from 'node:stream';
import tls from 'node:tls';
import { UnsupportedError } from 'fdreactor';
import { sendFile } from 'fdreactor/node';
import { expect, test } from 'vitest';
import { dispose } from '../helpers/owned.js';
import { eventually } from '../helpers/patience.js';
import { ask, Client, fileOf, folderOfTests, type Outcome, outcome, portOf, serve } from './servers.js';

const pem = readFileSync(new URL('localhost.pem', import.meta.url));
const folder = folderOfTests();
const SIZE = 3_000_000;
const { path, bytes } = fileOf(folder, 'bytes', SIZE);
const small = fileOf(folder, 'small', 1000);

function listen<T extends net.Server>(server: T): Promise<T> {
  dispose({ close: () => server.close() });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** All that a stream says until its end. */
function read(stream: NodeJS.ReadableStream): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    stream.on('data', (part) => parts.push(part));
    stream.on('end', () => resolve(Buffer.concat(parts)));
    stream.on('error', reject);
  });
}

/** Refused without `fallback`, and nothing sent; then copied. */
async function refusedThenCopied(target: Parameters<typeof sendFile>[0], why: RegExp): Promise<void> {
  const refused = await outcome(sendFile(target, path));
  const error = 'error' in refused ? refused.error : new Error('not refused');
  expect(error).toBeInstanceOf(UnsupportedError);
  expect(error.message).toMatch(why);
  expect(await sendFile(target, path, { fallback: true })).toEqual({ bytes: SIZE, via: 'copy' });
}

test('TLS: a response of node:https', async () => {
  const server = await listen(
    https.createServer({ key: pem, cert: pem }, async (_request, response) => {
      await refusedThenCopied(response, /TLS/);
      response.end();
    }),
  );
  const body = await new Promise<Buffer>((resolve, reject) => {
    const options = {
      port: portOf(server),
      host: '127.0.0.1',
      servername: 'localhost',
      ca: pem,
      agent: false as const,
    };
    https.get(options, (response) => {
      expect(response.headers['content-length']).toBe(String(SIZE));
      read(response).then(resolve, reject);
    });
  });
  expect(body.equals(bytes)).toBe(true);
});

test('TLS: a socket', async () => {
  const server = await listen(
    tls.createServer({ key: pem, cert: pem }, async (socket) => {
      await refusedThenCopied(socket, /TLS/);
      socket.end();
    }),
  );
  const client = tls.connect({ port: portOf(server), host: '127.0.0.1', servername: 'localhost', ca: pem });
  expect((await read(client)).equals(bytes)).toBe(true);
});

test('HTTP/2: a response of the compatible interface, and a stream', async () => {
  const server = http2.createServer();
  server.on('request', async (_request, response) => {
    await refusedThenCopied(response as never, /neither a response of node:http/);
    response.end();
  });
  await listen(server);
  const session = http2.connect(`http://127.0.0.1:${portOf(server)}`);
  const request = session.request({ ':path': '/' });
  expect((await read(request)).equals(bytes)).toBe(true);
  session.close();
});

test('a response whose write() was replaced, as a compression does', async () => {
  const server = await serve(async (_request, response) => {
    const { write } = response;
    let calls = 0;
    response.write = ((...args: Parameters<typeof write>) => {
      calls++;
      return write.apply(response, args);
    }) as typeof write;
    await refusedThenCopied(response, /replaced/);
    expect(calls).toBeGreaterThan(1);
    response.end();
  });
  expect((await ask(server)).body.equals(bytes)).toBe(true);
});

test('any other stream that can be written', async () => {
  const stream = new PassThrough();
  const all = read(stream);
  await refusedThenCopied(stream, /neither/);
  stream.end();
  expect((await all).equals(bytes)).toBe(true);
});

test('{ close: true } closes what was refused as well', async () => {
  const fd = openSync(path, 'r');
  expect(await outcome(sendFile(new PassThrough(), fd, { close: true }))).toHaveProperty('error');
  expect(() => fstatSync(fd)).toThrow('EBADF');
});

test('where sendfile(2) can be used, fallback changes nothing', async () => {
  const server = await serve(async (_request, response) => {
    expect(await sendFile(response, path, { fallback: true })).toEqual({ bytes: SIZE, via: 'sendfile' });
    response.end();
  });
  expect((await ask(server)).body.equals(bytes)).toBe(true);
});

test('several copies are in the order of the calls', async () => {
  const stream = new PassThrough();
  const all = read(stream);
  await Promise.all([path, small.path, path].map((file) => sendFile(stream, file, { fallback: true })));
  stream.end();
  expect((await all).equals(Buffer.concat([bytes, small.bytes, bytes]))).toBe(true);
});

test('a copy waits for its reader, and fails as the other way does', async () => {
  const large = fileOf(folder, 'large', 20_000_000);
  const ends: Record<string, (stream: PassThrough, controller: AbortController) => void> = {
    ECONNABORTED: (stream) => stream.destroy(),
    ABORT_ERR: (_stream, controller) => controller.abort(),
    ERR_FILE_ENDED: (stream) => {
      truncateSync(large.path, 1_000_000);
      stream.resume();
    },
  };
  for (const [code, end] of Object.entries(ends)) {
    const stream = new PassThrough();
    const controller = new AbortController();
    let result: Outcome<unknown> | undefined;
    void outcome(sendFile(stream, large.path, { fallback: true, signal: controller.signal })).then((one) => {
      result = one;
    });
    await eventually('it waits', () => stream.writableLength > 0 && stream.writableNeedDrain);
    end(stream, controller);
    await eventually('it is over', () => result !== undefined);
    expect(result, code).toMatchObject({ error: { code } });
    expect(stream.destroyed).toBe(true);
  }
});

test('HEAD and 304 by the other way: nothing is sent', async () => {
  const server = await serve(async (_request, response) => {
    response.write = response.write.bind(response);
    expect(await sendFile(response, path, { fallback: true })).toEqual({ bytes: 0, via: 'copy' });
    response.end();
  });
  const client = new Client(server);
  client.socket.write('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually('the headers', () => client.text.endsWith('\r\n\r\n'));
  expect(client.text).toMatch(/Content-Length: 3000000/);
});
