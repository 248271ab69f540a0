// staticFiles() in node:http, Express 5, connect, polka and Fastify 5, which are the real ones: as the package `send`
// says, and by sendfile(2).
import fs, { mkdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fastifyStaticFiles, type StaticFilesOptions, staticFiles } from 'fdreactor/node';
import { describe, expect, test, vi } from 'vitest';
import { dispose } from '../helpers/owned.js';
import { showsFds } from '../helpers/platform.js';
import { expectArgumentType } from '../helpers/throws.js';
import { type Answer, ask, fileOf, folderOfTests, portOf, serve } from './servers.js';

const require = createRequire(import.meta.url);
// biome-ignore lint/suspicious/noExplicitAny: the types of the frameworks are not installed, or not of this project
type Framework = any;
const express: Framework = require('express');
const connect: Framework = require('connect');
const polka: Framework = require('polka');
const fastify: Framework = require('fastify');

const folder = folderOfTests();
const { bytes } = fileOf(folder, 'file.bin', 2_000_000);
writeFileSync(join(folder, 'page.html'), '<p>page');
writeFileSync(join(folder, 'empty.txt'), '');
writeFileSync(join(folder, '.secret'), 'secret');
mkdirSync(join(folder, 'sub'));
writeFileSync(join(folder, 'sub', 'index.html'), 'index');
writeFileSync(join(folder, '..', 'fdreactor-outside'), 'outside');

function notHere(response: http.ServerResponse, status: number): void {
  response.statusCode = status;
  response.end('not here');
}

/** Each framework, as a server whose files are under /files. */
const frameworks: Record<string, (options: StaticFilesOptions) => Promise<http.Server>> = {
  'node:http': (options) => {
    const files = staticFiles(folder, options);
    return serve((request, response) => {
      const { url = '/' } = request;
      Object.assign(request, { originalUrl: url });
      request.url = url.replace(/^\/files/, '') || '/';
      files(request, response, (error) =>
        notHere(response, (error as { statusCode?: number } | undefined)?.statusCode ?? 404),
      );
    });
  },
  'Express 5': async (options) => {
    const app = express();
    app.use('/files', staticFiles(folder, options));
    app.use((_request: unknown, response: Framework) => response.status(404).send('not here'));
    app.use((error: Framework, _request: unknown, response: Framework, _next: unknown) =>
      response.status(error.statusCode).send('not here'),
    );
    return serve(app);
  },
  connect: (options) => {
    const app = connect();
    app.use('/files', staticFiles(folder, options));
    app.use((_request: http.IncomingMessage, response: http.ServerResponse) => notHere(response, 404));
    app.use((error: Framework, _request: unknown, response: http.ServerResponse, _next: unknown) =>
      notHere(response, error.statusCode),
    );
    return serve(app);
  },
  polka: (options) => {
    const app = polka({
      onNoMatch: (_request: unknown, response: http.ServerResponse) => notHere(response, 404),
      onError: (error: Framework, _request: unknown, response: http.ServerResponse) =>
        notHere(response, error.statusCode),
    });
    app.use('/files', staticFiles(folder, options));
    return serve(app.handler);
  },
  'Fastify 5': async (options) => {
    const app = fastify();
    app.register(fastifyStaticFiles, { root: folder, prefix: '/files', ...options });
    app.setNotFoundHandler((_request: unknown, reply: Framework) => reply.code(404).send('not here'));
    app.setErrorHandler((error: Framework, _request: unknown, reply: Framework) =>
      reply.code(error.statusCode).send('not here'),
    );
    await app.listen({ port: 0, host: '127.0.0.1' });
    dispose({ close: () => void app.close() });
    return app.server;
  },
};

describe.each(Object.entries(frameworks))('%s', (_name, start) => {
  const get = async (path: string, headers = {}, method = 'GET', options: StaticFilesOptions = {}): Promise<Answer> =>
    ask(await start(options), { path: `/files${path}`, headers, method });

  test('a file, with the headers of send, by sendfile(2) where there is one', async () => {
    const reads = vi.spyOn(fs, 'read');
    const streams = vi.spyOn(fs, 'createReadStream');
    const { status, body, headers } = await get('/file.bin');
    expect([status, body.equals(bytes)]).toEqual([200, true]);
    expect(headers).toMatchObject({
      'content-length': '2000000',
      'accept-ranges': 'bytes',
      'cache-control': 'public, max-age=0',
      'content-type': 'application/octet-stream',
    });
    if (showsFds) expect([reads.mock.calls.length, streams.mock.calls.length]).toEqual([0, 0]);
    vi.restoreAllMocks();
    expect(headers.etag).toBeDefined();
    expect(headers['last-modified']).toBeDefined();
  });

  test('ranges: one, to the end, the last bytes; none that can be', async () => {
    const ranges: [string, number, number][] = [
      ['bytes=0-0', 0, 1],
      ['bytes=1000-1999', 1000, 2000],
      ['bytes=1999000-', 1_999_000, 2_000_000],
      ['bytes=-5', 1_999_995, 2_000_000],
    ];
    for (const [range, from, to] of ranges) {
      const { status, body, headers } = await get('/file.bin', { range });
      expect([status, body.equals(bytes.subarray(from, to))]).toEqual([206, true]);
      expect(headers['content-range']).toBe(`bytes ${from}-${to - 1}/2000000`);
    }
    expect((await get('/file.bin', { range: 'bytes=2000000-' })).status).toBe(416);
  });

  test('conditional requests, HEAD, and an empty file', async () => {
    const { headers } = await get('/page.html');
    const fresh = await get('/page.html', { 'if-none-match': headers.etag });
    expect([fresh.status, fresh.body.length]).toEqual([304, 0]);
    expect((await get('/page.html', { 'if-match': '"other"' })).status).toBe(412);
    const head = await get('/page.html', {}, 'HEAD');
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '7', 0]);
    const empty = await get('/empty.txt');
    expect([empty.status, empty.headers['content-length'], empty.body.length]).toEqual([200, '0', 0]);
  });

  test('folders: the index, and the way to the slash', async () => {
    expect((await get('/sub/')).body.toString()).toBe('index');
    const moved = await get('/sub?a=b');
    expect([moved.status, moved.headers.location]).toEqual([301, '/files/sub/?a=b']);
  });

  test('what is not there, not allowed, or outside goes on to what comes next', async () => {
    const paths = [
      '/none',
      '/.secret',
      '/../fdreactor-outside',
      '/%2e%2e/fdreactor-outside',
      '/%00',
      '/%',
      '/file.bin/',
    ];
    for (const path of paths) {
      const { status, body } = await get(path);
      expect(body.toString(), path).not.toMatch(/outside|secret/);
      expect(status, path).toBeGreaterThanOrEqual(400);
    }
    expect((await get('/.secret', {}, 'GET', { dotfiles: 'allow' })).body.toString()).toBe('secret');
  });

  test('options: extensions, maxAge, setHeaders, fallthrough', async () => {
    expect((await get('/page', {}, 'GET', { extensions: ['html'] })).body.toString()).toBe('<p>page');
    const { headers } = await get('/page.html', {}, 'GET', {
      maxAge: '1h',
      immutable: true,
      setHeaders: (response, path) => response.setHeader('X-Path', path),
    });
    expect(headers).toMatchObject({
      'cache-control': 'public, max-age=3600, immutable',
      'x-path': join(folder, 'page.html'),
    });
    expect((await get('/none', {}, 'GET', { fallthrough: false })).status).toBe(404);
  });

  test('keep-alive: file after file on one connection', async () => {
    const server = await start({});
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const clients = new Set<number>();
    server.on('request', (request) => clients.add(request.socket.remotePort ?? 0));
    for (const path of ['/file.bin', '/page.html', '/none', '/file.bin', '/empty.txt', '/file.bin']) {
      await ask(server, { agent, path: `/files${path}` });
    }
    expect(clients.size).toBe(1);
    agent.destroy();
  });
});

test('a method that is no GET or HEAD: 405 where nothing comes next', async () => {
  const files = staticFiles(folder, { fallthrough: false });
  const server = await serve((request, response) => files(request, response, () => response.end('next')));
  const { status, headers } = await ask(server, { method: 'POST', path: '/file.bin' });
  expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
});

test('a way to another host is never told', async () => {
  mkdirSync(join(folder, 'host.test'));
  const files = staticFiles(folder);
  const server = await serve((request, response) => files(request, response, () => response.end('next')));
  for (const path of ['//host.test', '///host.test', '/\\host.test', 'http://127.0.0.1//host.test']) {
    const { location } = (await ask(server, { path })).headers;
    expect(location === undefined || /^\/[^/\\]/.test(location), `${path}: ${location}`).toBe(true);
  }
  expect(portOf(server)).toBeGreaterThan(0);
});

test('wrong arguments are typed errors, when it is made', () => {
  for (const value of [undefined, null, 5, {}]) expectArgumentType(() => staticFiles(value as unknown as string));
  for (const value of [null, 5, 'text']) expectArgumentType(() => staticFiles(folder, value as never));
  for (const name of ['fallthrough', 'redirect', 'setHeaders']) {
    expectArgumentType(() => staticFiles(folder, { [name]: 'text' }));
  }
  expect(() => staticFiles(folder, { dotfiles: 'other' as 'allow' })).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }),
  );
});
