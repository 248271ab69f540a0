// fdreactor/node where the runtime shows no fds of its sockets: on Windows, in Bun and in Deno. Each call says so, and
// sendFile() copies where that is asked for. What comes by the other way, and what its errors are, holds everywhere.
import { truncateSync } from 'node:fs';
import net from 'node:net';
import { PassThrough } from 'node:stream';
import { SystemError, UnsupportedError } from 'fdreactor';
import { fdOf, sendFile, splice, staticFiles, takeFd, toSocket } from 'fdreactor/node';
import { expect, test } from 'vitest';
import { eventually } from '../helpers/patience.js';
import { showsFds } from '../helpers/platform.js';
import { caught } from '../helpers/throws.js';
import { ask, Client, fileOf, folderOfTests, outcome, portOf, serve, serveRaw } from './servers.js';

const folder = folderOfTests();
const SIZE = 300_000;
const { path, bytes } = fileOf(folder, 'bytes', SIZE);
// Made here, since `send` brings a package that opens stderr anew in Bun: no test has left that.
const serveFiles = staticFiles(folder);

test('a response: by sendfile(2) where there are fds; elsewhere refused, and copied where asked for', async () => {
  const server = await serve(async (_request, response) => {
    const first = await outcome(sendFile(response, path));
    if (showsFds) expect(first).toEqual({ value: { bytes: SIZE, via: 'sendfile' } });
    else {
      expect(first).toMatchObject({ error: { code: 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM' } });
      expect(await sendFile(response, path, { fallback: true })).toEqual({ bytes: SIZE, via: 'copy' });
    }
    response.end();
  });
  const { headers, body } = await ask(server);
  expect(headers['content-length']).toBe(String(SIZE));
  expect(body.equals(bytes)).toBe(true);
});

test('a socket that is not connected yet', async () => {
  const received: Buffer[] = [];
  const server = await serveRaw((socket) => socket.on('data', (part) => received.push(part)));
  const socket = net.connect(portOf(server), '127.0.0.1');
  expect((await sendFile(socket, path, { fallback: true })).bytes).toBe(SIZE);
  socket.end();
  await eventually('all has come', () => Buffer.concat(received).length === SIZE);
  expect(Buffer.concat(received).equals(bytes)).toBe(true);
});

test('errors of files have their names, and the answer can be another one', async () => {
  const names = [`${path}-not`, folder];
  const server = await serve(async (request, response) => {
    const { error } = (await outcome(
      sendFile(response, names[Number(request.url?.slice(1))] as string, { fallback: true }),
    )) as { error: SystemError };
    expect(error).toBeInstanceOf(SystemError);
    response.writeHead(500).end(`${error.code} ${error.syscall}`);
  });
  const answers = [await ask(server, { path: '/0' }), await ask(server, { path: '/1' })];
  const [missing = '', directory = ''] = answers.map(({ body }) => body.toString());
  expect(missing).toBe('ENOENT open');
  expect(directory).toMatch(/^(EISDIR|EPERM|EACCES) (open|sendfile)$/);
});

test('a file that ends too early ends a copy as well', async () => {
  const short = fileOf(folder, 'short', SIZE);
  const stream = new PassThrough();
  const sending = outcome(sendFile(stream, short.path, { fallback: true }));
  await eventually('it waits', () => stream.writableNeedDrain);
  truncateSync(short.path, 1);
  stream.resume();
  expect(await sending).toMatchObject({ error: { code: 'ERR_FILE_ENDED' } });
});

test('a folder is served by whichever way there is', async () => {
  const server = await serve((request, response) => serveFiles(request, response, () => response.writeHead(404).end()));
  const part = await ask(server, { path: '/bytes', headers: { range: 'bytes=10-19' } });
  expect({ status: part.status, isSame: part.body.equals(bytes.subarray(10, 20)) }).toEqual({
    status: 206,
    isSame: true,
  });
  expect((await ask(server, { path: '/none' })).status).toBe(404);
});

test('two sockets are joined by whichever way there is, and both ends come', async () => {
  const target = await serveRaw((socket) => socket.on('data', (part) => socket.end(`echo of ${part}`)));
  let joined: unknown;
  const proxy = await serveRaw((front) => {
    const back = net.connect(portOf(target), '127.0.0.1', async () => {
      const options = { fallback: true };
      if (!showsFds) expect(await outcome(splice(front, back))).toHaveProperty('error');
      joined = await splice(front, back, options);
    });
  });
  const client = new Client(proxy);
  client.socket.write('hello');
  await eventually('the echo, and the end of the target', () => client.hasEnded);
  client.socket.end();
  await eventually('it is over', () => joined !== undefined);
  expect(client.text).toBe('echo of hello');
  expect(joined).toMatchObject({ aToB: 5, bToA: 13 });
});

test('the border is closed: fdOf(), takeFd() and toSocket() say why', async () => {
  const server = await serveRaw(() => {});
  const socket = net.connect(portOf(server), '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  if (!showsFds) {
    for (const call of [() => fdOf(socket), () => takeFd(socket), () => toSocket(5)]) {
      const error = caught(call);
      expect(error).toBeInstanceOf(UnsupportedError);
      expect(error.message).toMatch(/is not available: (this runtime does not use libuv|Node shows no fds)/);
    }
  } else expect(fdOf(socket)).toBeGreaterThan(0);
  socket.destroy();
});
