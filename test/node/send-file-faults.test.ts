// sendFile() where something fails: the peer, the file, the response, the caller. Each has one outcome, the connection
// ends where bytes were promised, and nothing is left open.
import { execFileSync } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { appendFileSync, closeSync, mkdirSync, openSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type http from 'node:http';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { SystemError } from 'fdreactor';
import { type FileSource, fdOf, type NodeSendFileOptions, sendFile } from 'fdreactor/node';
import { afterEach, expect, test } from 'vitest';
import { testWith } from '../helpers/needs.js';
import { openFds } from '../helpers/open-fds.js';
import { ownFile } from '../helpers/owned.js';
import { eventually } from '../helpers/patience.js';
import { ask, Client, fileOf, folderOfTests, type Outcome, outcome, serve, wrongValues } from './servers.js';

const folder = folderOfTests();
const SIZE = 60_000_000; // more than the kernel takes of a peer that does not read
const { path, bytes } = fileOf(folder, 'bytes', SIZE);

const unhandled: unknown[] = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason));
afterEach(() => expect(unhandled).toEqual([]));

/** What the sending comes to, and what the response emits. */
interface Sending {
  result: Outcome<unknown> | null;
  events: string[];
  response: ServerResponse;
}

/** A server that sends the file once, to a client that does not read; `act` is called once the kernel takes no more. */
async function stalled(
  act: (sending: Sending, client: Client, server: http.Server) => void,
  options: NodeSendFileOptions & { file?: string } = {},
  serverOptions: http.ServerOptions = {},
): Promise<{ sending: Sending; client: Client; server: http.Server }> {
  let sending: Sending | undefined;
  const { file = path, ...rest } = options;
  const server = await serve((_request, response) => {
    const events: string[] = [];
    sending = { result: null, events, response };
    for (const name of ['finish', 'close', 'error']) response.on(name, () => events.push(name));
    void outcome(sendFile(response, file, rest)).then((result) => {
      (sending as Sending).result = result;
      if ('value' in result) response.end();
    });
  }, serverOptions);
  const client = new Client(server);
  client.socket.pause();
  client.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  let before = -1;
  await eventually('the kernel takes no more', () => {
    const now = sending?.response.socket?.bytesWritten ?? 0;
    const isStalled = now > 100_000 && now === before;
    before = now;
    return isStalled;
  });
  act(sending as Sending, client, server);
  return { sending: sending as Sending, client, server };
}

function errorOf(sending: Sending): Error & { code?: string } {
  const { result } = sending;
  if (result === null || !('error' in result)) throw new Error(`no error: ${JSON.stringify(result)}`);
  return result.error;
}

test('the peer resets while the kernel takes no more: a SystemError, and close of the response', async () => {
  const { sending } = await stalled((_sending, client) => client.socket.resetAndDestroy());
  await eventually('it is over', () => sending.result !== null && sending.events.includes('close'));
  expect(errorOf(sending)).toBeInstanceOf(SystemError);
  expect(['ECONNRESET', 'EPIPE']).toContain(errorOf(sending).code);
  expect(sending.events).not.toContain('finish');
});

test('the peer closes: the same', async () => {
  const { sending } = await stalled((_sending, client) => client.socket.destroy());
  await eventually('it is over', () => sending.result !== null && sending.events.includes('close'));
  expect(['ECONNRESET', 'EPIPE']).toContain(errorOf(sending).code);
});

test('the peer only ends: all comes', async () => {
  const { sending, client } = await stalled((_sending, client) => {
    client.socket.end();
    client.socket.resume();
  });
  await eventually('the end of the connection', () => client.isClosed);
  expect(client.received.subarray(-SIZE).equals(bytes)).toBe(true);
  expect(sending.result).toEqual({ value: { bytes: SIZE, via: 'sendfile' } });
});

test.each<[string, (response: ServerResponse) => void]>([
  ['response.destroy()', (response) => response.destroy()],
  ['response.destroy(error)', (response) => response.destroy(new Error('mine'))],
  ['request.destroy()', (response) => response.req.destroy()],
  ['socket.destroy()', (response) => response.socket?.destroy()],
  ['socket.destroy(error)', (response) => response.socket?.destroy(new Error('mine'))],
  ['socket.resetAndDestroy()', (response) => response.socket?.resetAndDestroy()],
  [
    'server.closeAllConnections()',
    (response) => (response.socket as unknown as { server: http.Server }).server.closeAllConnections(),
  ],
])('%s: ECONNABORTED with its cause, and the connection ends', async (name, act) => {
  const { sending, client } = await stalled(({ response }) => act(response));
  await eventually('it is over', () => sending.result !== null && sending.events.includes('close'));
  expect(errorOf(sending)).toBeInstanceOf(SystemError);
  expect(errorOf(sending)).toMatchObject({ code: 'ECONNABORTED' });
  expect(errorOf(sending).cause === undefined).toBe(!name.includes('(error)'));
  client.socket.resume();
  await eventually('the client sees it', () => client.isClosed);
  expect(client.length).toBeLessThan(SIZE);
});

test('the time-out of the socket ends a peer that does not read; progress puts it off', async () => {
  const { sending, server } = await stalled(({ response }) => response.setTimeout(30));
  let timeouts = 0;
  server.on('timeout', (socket) => {
    timeouts++;
    socket.destroy();
  });
  await eventually('it is over', () => sending.result !== null);
  expect(errorOf(sending).code).toBe('ECONNABORTED');
  expect(timeouts).toBe(1);
});

test('a peer that reads slowly never times out', async () => {
  let isQuiet = false;
  for (let timeoutMs = 1500; !isQuiet; timeoutMs *= 2) {
    const { sending, client } = await stalled(({ response }) => response.setTimeout(timeoutMs));
    let last = performance.now();
    let longest = 0;
    while (client.length < SIZE && !client.isClosed) {
      client.socket.resume();
      await new Promise((resolve) => client.socket.once('data', resolve).once('close', resolve));
      client.socket.pause();
      await new Promise((resolve) => setTimeout(resolve, client.length < 10_000_000 ? 20 : 0));
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }
    isQuiet = longest < timeoutMs / 2; // else others have stopped this process, or it ended rightly
    await eventually('it is over', () => sending.result !== null);
    if (isQuiet) expect(sending.result).toHaveProperty('value');
  }
});

test('the time-outs of the server are those of requests and of idle connections: neither ends a slow response', async () => {
  const { sending, client, server } = await stalled(
    () => {},
    {},
    {
      keepAliveTimeout: 20,
      connectionsCheckingInterval: 10,
    },
  );
  server.requestTimeout = 50; // now, when the request is there: on a busy machine it may come later than that
  server.headersTimeout = 50;
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(sending.result).toBe(null);
  client.socket.resume();
  await eventually('it is over, and the idle connection is ended then', () => client.isClosed);
  expect(sending.result).toEqual({ value: { bytes: SIZE, via: 'sendfile' } });
  expect(client.received.subarray(-SIZE).equals(bytes)).toBe(true);
});

test('an AbortSignal: before the call nothing is sent, and another answer can be', async () => {
  const server = await serve(async (_request, response) => {
    const result = await outcome(sendFile(response, path, { signal: AbortSignal.abort('why') }));
    expect(result).toMatchObject({ error: { name: 'AbortError', code: 'ABORT_ERR', cause: 'why' } });
    response.end('other');
  });
  expect((await ask(server)).body.toString()).toBe('other');
});

test('an AbortSignal while the file is opened: the same', async () => {
  const server = await serve(async (_request, response) => {
    const controller = new AbortController();
    const sending = outcome(sendFile(response, path, { signal: controller.signal }));
    controller.abort();
    expect(await sending).toMatchObject({ error: { name: 'AbortError' } });
    response.end('other');
  });
  expect((await ask(server)).body.toString()).toBe('other');
});

test('an AbortSignal during: the connection ends; after: nothing', async () => {
  const controller = new AbortController();
  const { sending, client } = await stalled(() => controller.abort(), { signal: controller.signal });
  await eventually('it is over', () => sending.result !== null && sending.events.includes('close'));
  expect(errorOf(sending)).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR' });
  client.socket.resume();
  await eventually('the client sees it', () => client.isClosed);

  const later = new AbortController();
  const server = await serve(async (_request, response) => {
    await sendFile(response, path, { signal: later.signal, end: 1000 });
    later.abort();
    response.end();
  });
  expect((await ask(server)).body.length).toBe(1000);
});

test('a signal has one listener while files wait for it, and none when they are over', async () => {
  const { signal } = new AbortController();
  const counts: number[] = [];
  const server = await serve(async (_request, response) => {
    const fd = ownFile(openSync(path, 'r'));
    const parts = [0, 1, 2].map(() => sendFile(response, fd, { signal, end: 1_000_000, more: true }));
    parts.push(sendFile(response, path, { signal, end: 10, more: true }));
    counts.push(getEventListeners(signal, 'abort').length);
    await Promise.all(parts);
    counts.push(getEventListeners(signal, 'abort').length);
    response.end();
  });
  for (let i = 0; i < 2; i++) await ask(server);
  expect(counts).toEqual([1, 0, 1, 0]);
});

test('a file that becomes shorter while it is sent: ERR_FILE_ENDED, and the connection ends', async () => {
  const mine = fileOf(folder, 'shrinks', SIZE);
  const { sending, client } = await stalled(
    (_sending, client) => {
      truncateSync(mine.path, 40_000_000);
      client.socket.resume();
    },
    { file: mine.path },
  );
  await eventually('it is over', () => sending.result !== null && client.isClosed);
  expect(errorOf(sending)).toMatchObject({ code: 'ERR_FILE_ENDED' });
  expect(client.length).toBeLessThan(SIZE);
});

test('a file that grows: what was promised is sent', async () => {
  const mine = fileOf(folder, 'grows', SIZE);
  const { sending, client } = await stalled(
    (_sending, client) => {
      appendFileSync(mine.path, 'more');
      client.socket.resume();
    },
    { file: mine.path },
  );
  await eventually('it is over', () => sending.result !== null && sending.events.includes('finish'));
  await eventually('all has come', () => client.received.subarray(-SIZE).equals(mine.bytes));
});

test('a file that is deleted: all of it is sent', async () => {
  const mine = fileOf(folder, 'deleted', SIZE);
  const { client } = await stalled(
    (_sending, client) => {
      unlinkSync(mine.path);
      client.socket.resume();
    },
    { file: mine.path },
  );
  await eventually('all has come', () => client.length > SIZE);
  expect(client.received.subarray(-SIZE).equals(mine.bytes)).toBe(true);
});

test('a FileHandle that is closed meanwhile: EBADF, whatever has the number', async () => {
  const handle = await open(path);
  let sending: Promise<Outcome<unknown>> | undefined;
  const server = await serve((_request, response) => {
    sending = outcome(sendFile(response, handle));
  });
  const client = new Client(server);
  client.socket.pause();
  client.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually('it has begun', () => sending !== undefined);
  await handle.close();
  const other = ownFile(openSync(path, 'r'));
  client.socket.resume();
  expect(await sending).toMatchObject({ error: { code: 'EBADF' } });
  await eventually('the connection ends', () => client.isClosed);
  expect(other).toBeGreaterThan(0);
});

const notFiles: [string, () => FileSource | Promise<FileSource>, string][] = [
  ['no file', () => join(folder, 'none'), 'ENOENT'],
  ['a directory', () => folder, 'EISDIR'],
  ['a device', () => '/dev/null', 'ERR_INVALID_ARG_VALUE'],
  ['a name with a zero', () => `${folder}\0`, 'ERR_INVALID_ARG_VALUE'],
  ['a closed fd', () => closedFd(), 'EBADF'],
  ['a closed FileHandle', () => closedHandle(), 'EBADF'],
  ['a FIFO', () => fifo(), 'ERR_INVALID_ARG_VALUE'],
];

function closedFd(): number {
  const fd = openSync(path, 'r');
  closeSync(fd);
  return fd;
}

async function closedHandle(): Promise<FileSource> {
  const handle = await open(path);
  await handle.close();
  return handle;
}

function fifo(): string {
  const name = join(folder, 'fifo');
  execFileSync('mkfifo', [name]);
  return name;
}

test.each(notFiles)('%s: a typed error, nothing was sent, and another answer can be', async (_name, file, code) => {
  const server = await serve(async (_request, response) => {
    const result = await outcome(sendFile(response, await file()));
    expect(result).toMatchObject({ error: { code } });
    expect(response.headersSent).toBe(false);
    expect(response.getHeaderNames()).toEqual([]);
    response.statusCode = 404;
    response.end('none');
  });
  const answer = await ask(server);
  expect([answer.status, answer.body.toString()]).toEqual([404, 'none']);
});

testWith({ needs: 'proc' }, 'a file of /proc has no length: nothing of it is sent', async () => {
  const server = await serve(async (_request, response) => {
    expect(await sendFile(response, '/proc/self/status')).toEqual({ bytes: 0, via: 'sendfile' });
    response.end();
  });
  expect((await ask(server)).body.length).toBe(0);
});

test('a range that ends before it begins, or is beyond the file: rejected', async () => {
  const ranges: [NodeSendFileOptions, string][] = [
    [{ start: 5, end: 4 }, 'ERR_OUT_OF_RANGE'],
    [{ start: -1 }, 'ERR_OUT_OF_RANGE'],
    [{ start: Number.NaN }, 'ERR_OUT_OF_RANGE'],
    [{ start: 1.5 }, 'ERR_OUT_OF_RANGE'],
    [{ end: Number.POSITIVE_INFINITY }, 'ERR_OUT_OF_RANGE'],
    [{ start: SIZE + 1 }, 'ERR_OUT_OF_RANGE'],
    [{ end: SIZE + 1 }, 'ERR_OUT_OF_RANGE'],
    [{ start: '1' as unknown as number }, 'ERR_INVALID_ARG_TYPE'],
    [{ end: null as unknown as number }, 'ERR_INVALID_ARG_TYPE'],
  ];
  const server = await serve(async (_request, response) => {
    for (const [range, code] of ranges) {
      expect(await outcome(sendFile(response, path, range)), JSON.stringify(range)).toMatchObject({ error: { code } });
    }
    expect((await sendFile(response, path, { start: SIZE - 3 })).bytes).toBe(3);
    response.end();
  });
  expect((await ask(server)).body.equals(bytes.subarray(-3))).toBe(true);
});

test('any value in any argument is a typed rejection, and the response is as it was', async () => {
  const typed = /^ERR_(INVALID_ARG_TYPE|OUT_OF_RANGE|INVALID_ARG_VALUE)$/;
  const isTyped = async (sending: Promise<unknown>, what: string): Promise<void> => {
    const result = await outcome(sending);
    expect('error' in result && result.error.code, what).toMatch(typed);
  };
  const server = await serve(async (_request, response) => {
    for (const [i, value] of wrongValues.entries()) {
      await isTyped(sendFile(value as ServerResponse, path), `target ${i}`);
      if (!isFile(value)) await isTyped(sendFile(response, value as string), `file ${i}`);
      if (value !== undefined) {
        for (const name of ['signal', 'close', 'fallback', 'more']) {
          if (typeof value === 'boolean' && name !== 'signal') continue;
          await isTyped(sendFile(response, path, { [name]: value }), `${name} ${i}`);
        }
      }
    }
    response.end('unharmed');
  });
  expect((await ask(server)).body.toString()).toBe('unharmed');
});

/** Values that may stand for a file: of which the system says what it is. */
function isFile(value: unknown): boolean {
  return typeof value === 'string' || value === 0;
}

test('a response that has ended or is destroyed is refused', async () => {
  const codes: unknown[] = [];
  const server = await serve(async (request, response) => {
    if (request.url === '/ended') response.end('text');
    else response.destroy();
    const result = await outcome(sendFile(response, path));
    codes.push('error' in result && result.error.code);
  });
  await ask(server, { path: '/ended' });
  await ask(server, { path: '/destroyed' }).catch(() => {});
  await eventually('both were refused', () => codes.length === 2);
  expect(codes).toEqual(['ERR_STREAM_WRITE_AFTER_END', 'ERR_STREAM_DESTROYED']);
});

test('end() while the path is opened: refused, and the response is whole', async () => {
  let result: Outcome<unknown> | undefined;
  const server = await serve(async (_request, response) => {
    const sending = outcome(sendFile(response, path));
    response.end('text');
    result = await sending;
  });
  expect((await ask(server)).body.toString()).toBe('text');
  await eventually('it is refused', () => result !== undefined);
  expect(result).toMatchObject({ error: { code: 'ERR_STREAM_WRITE_AFTER_END' } });
});

test('the others in the queue fail with the first: each once', async () => {
  const fd = ownFile(openSync(path, 'r'));
  const results: Outcome<unknown>[] = [];
  const server = await serve((_request, response) => {
    for (let i = 0; i < 3; i++) void outcome(sendFile(response, fd, { more: true })).then((one) => results.push(one));
  });
  const client = new Client(server);
  client.socket.pause();
  client.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually('it has begun', () => client.socket.readyState === 'open' && server.listening);
  await new Promise((resolve) => setTimeout(resolve, 50));
  client.socket.resetAndDestroy();
  await eventually('all have failed', () => results.length === 3);
  for (const result of results) expect(result).toMatchObject({ error: { name: 'SystemError' } });
});

test('a pipelined response whose connection ends before its turn fails as well', async () => {
  const results: Outcome<unknown>[] = [];
  const held: http.ServerResponse[] = [];
  const server = await serve((request, response) => {
    if (request.url === '/held') held.push(response);
    else void outcome(sendFile(response, path)).then((one) => results.push(one));
  });
  const client = new Client(server);
  client.socket.write('GET /held HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually('both were asked', () => held.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  client.socket.resetAndDestroy();
  await eventually('it has failed', () => results.length === 1);
  expect(results[0]).toMatchObject({ error: { name: 'SystemError' } });
});

test('no fd is left of what failed', async () => {
  const before = openFds().size;
  mkdirSync(join(folder, 'some'), { recursive: true });
  writeFileSync(join(folder, 'some', 'file'), 'text');
  const fd = openSync(path, 'r');
  const server = await serve(async (_request, response) => {
    await outcome(sendFile(response, fd, { close: true, signal: AbortSignal.abort() }));
    await outcome(sendFile(response, path, { end: SIZE + 1 }));
    await outcome(sendFile(response, folder));
    expect(fdOf(server)).toBeGreaterThan(0);
    response.end();
  });
  await ask(server);
  await eventually('as many as before, and the server', () => openFds().size <= before + 1);
  expect(() => closeSync(fd)).toThrow(/EBADF/);
});
