// Programs on fdreactor/net that know node:net only: servers and clients of Node and of npm, unchanged.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { createRequire } from 'node:module';
import tls from 'node:tls';
import fastify from 'fastify';
import * as net from 'fdreactor/net';
import { Client } from 'undici';
import { expect, test } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { eventually } from '../helpers/patience.js';
import { bytesOf, listen, own } from './ends.js';

// It has no types.
const express = createRequire(import.meta.url)('express') as () => {
  get(
    path: string,
    handler: (request: { params: object }, response: { json(value: unknown): void }) => void,
  ): http.RequestListener;
};
const pem = readFileSync(new URL('../node/localhost.pem', import.meta.url));
const HOST = '127.0.0.1';
const body = randomBytes(1_000_000);

/** An agent of node:http whose connections are those of the module. */
function agentHere(options: http.AgentOptions = {}): http.Agent {
  const agent = new http.Agent(options);
  agent.createConnection = net.createConnection as unknown as typeof agent.createConnection;
  return agent;
}

const echo: http.RequestListener = (request, response) => {
  request.pipe(response);
};

async function ask(
  options: https.RequestOptions,
  sent?: Buffer,
  module: typeof http | typeof https = http,
): Promise<Buffer> {
  const request = module.request({ host: HOST, method: sent === undefined ? 'GET' : 'POST', ...options });
  request.end(sent);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  return bytesOf(response);
}

test('node:http: a server over the reactor, and an agent; 1 MB each way, on one connection', async () => {
  const server = net.overReactor(http.createServer(echo));
  let connections = 0;
  server.on('connection', (socket) => {
    expect(socket).toBeInstanceOf(net.Socket);
    connections++;
  });
  const port = await listen(server);
  const agent = agentHere({ keepAlive: true, maxSockets: 1 });
  for (let i = 0; i < 5; i++) expect((await ask({ port, agent }, body)).equals(body)).toBe(true);
  agent.destroy();
  expect(connections).toBe(1);
});

test('node:http: close() waits for the connections that are open, and closes idle ones', async () => {
  const server = net.overReactor(http.createServer((_request, response) => response.end('ok')));
  const port = await listen(server);
  const agent = agentHere({ keepAlive: true });
  await ask({ port, agent });
  expect(server.listening).toBe(true);
  const closed = once(server, 'close');
  server.close();
  await closed;
  expect(server.listening).toBe(false);
  agent.destroy();
});

test('node:http: headersTimeout and keepAliveTimeout end connections', async () => {
  const server = net.overReactor(
    http.createServer({ headersTimeout: 500, connectionsCheckingInterval: 20 }, (_request, response) =>
      response.end('ok'),
    ),
  );
  server.keepAliveTimeout = 1;
  const port = await listen(server);
  const slow = own(net.connect(port, HOST));
  slow.write('GET / HTTP/1.1\r\n');
  slow.on('error', ({ message }) => expect(message).toBe('read ECONNRESET')); // node:http resets it
  const [answer] = await once(slow, 'data');
  expect(String(answer)).toContain('408 Request Timeout');
  await once(slow, 'close');
  const kept = own(net.connect(port, HOST));
  kept.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(String(await bytesOf(kept))).toContain('200 OK');
});

test('node:http: upgrade and CONNECT hand the socket on', async () => {
  const server = net.overReactor(http.createServer());
  server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    socket.pipe(socket);
  });
  const port = await listen(server);
  const headers = { Connection: 'Upgrade', Upgrade: 'echo' };
  const request = http.request({ port, host: HOST, headers, createConnection: net.createConnection as never });
  request.end();
  const [, socket] = (await once(request, 'upgrade')) as [unknown, net.Socket];
  own(socket).end('through');
  expect(String(await bytesOf(socket))).toBe('through');
});

test('node:https: server and client, TLS on both', async () => {
  const server = net.overReactor(https.createServer({ key: pem, cert: pem }, echo));
  const port = await listen(server);
  const createConnection = (() =>
    tls.connect({ socket: own(net.connect(port, HOST)), servername: 'localhost', ca: pem })) as never;
  expect((await ask({ port, createConnection }, body, https)).equals(body)).toBe(true);
});

test('node:http2: ten streams of one session', async () => {
  const server = net.overReactor(http2.createServer());
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200 });
    stream.pipe(stream);
  });
  const port = await listen(server);
  const session = http2.connect(`http://${HOST}:${port}`, { createConnection: () => own(net.connect(port, HOST)) });
  const answers = Array.from({ length: 10 }, () => {
    const stream = session.request({ ':path': '/', ':method': 'POST' });
    stream.end(body.subarray(0, 100_000));
    return bytesOf(stream);
  });
  for (const answer of await Promise.all(answers)) expect(answer.equals(body.subarray(0, 100_000))).toBe(true);
  session.close();
});

test('ws: server and client, 200 messages', async () => {
  const server = net.overReactor(http.createServer());
  new WebSocketServer({ server }).on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  const port = await listen(server);
  const client = new WebSocket(`ws://${HOST}:${port}`, { createConnection: net.createConnection as never });
  await once(client, 'open');
  let got = 0;
  client.on('message', (data) => {
    expect(String(data)).toBe(`message ${got++}`);
  });
  for (let i = 0; i < 200; i++) client.send(`message ${i}`);
  await eventually('all came back', () => got === 200);
  client.close();
  await once(client, 'close');
});

test('undici: a client whose connector is the module', async () => {
  const port = await listen(net.overReactor(http.createServer(echo)));
  const client = new Client(`http://${HOST}:${port}`, {
    pipelining: 4,
    connect(_options, done) {
      const socket = own(net.connect(port, HOST));
      socket.once('connect', () => done(null, socket)).once('error', (error) => done(error, null));
    },
  });
  const answers = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const { body: answer } = await client.request({ path: '/', method: 'POST', body });
      return Buffer.from(await answer.arrayBuffer());
    }),
  );
  for (const answer of answers) expect(answer.equals(body)).toBe(true);
  await client.close();
});

test('Express and Fastify', async () => {
  const app = express().get('/user/:name', (request, response) => response.json(request.params));
  const port = await listen(net.overReactor(http.createServer(app)));
  expect(JSON.parse(String(await ask({ port, path: '/user/x', agent: agentHere() })))).toEqual({ name: 'x' });

  const instance = fastify({ serverFactory: (handler) => net.overReactor(http.createServer(handler)) });
  instance.get('/user/:name', async (request) => request.params);
  const address = await instance.listen({ port: 0, host: HOST });
  const { port: second } = new URL(address);
  expect(JSON.parse(String(await ask({ port: second, path: '/user/y', agent: agentHere() })))).toEqual({ name: 'y' });
  await instance.close();
});

test('what is no server of Node is refused', () => {
  expect(() => net.overReactor({} as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }));
});
