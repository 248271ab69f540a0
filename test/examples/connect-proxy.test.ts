// examples/connect-proxy: what goes through is what came out, by requests, by TLS within CONNECT, and by WebSocket; who
// cannot be reached is told so; resets leak nothing.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type ClientOptions, WebSocket, WebSocketServer } from 'ws';
import { dispose } from '../helpers/owned.js';
import { bytes, connect, readExactly, readToEnd, roundTrip, sha256 } from './clients.js';
import { type Running, start } from './running.js';

const pem = readFileSync(fileURLToPath(new URL('../node/localhost.pem', import.meta.url)));
const LARGE = bytes(8 << 20);

/** A server that ends with the test; its port. */
async function listen(server: http.Server | https.Server | net.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => sockets.add(socket));
  dispose({
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  return (server.address() as AddressInfo).port;
}

/** A connection through the proxy, by CONNECT. */
async function tunnel(proxy: Running, port: number): Promise<net.Socket> {
  const request = http.request({
    ...{ port: proxy.port(), host: '127.0.0.1', agent: false, method: 'CONNECT', path: `127.0.0.1:${port}` },
  });
  request.end();
  const [response, socket, head] = (await once(request, 'connect')) as [http.IncomingMessage, net.Socket, Buffer];
  dispose({ close: () => socket.destroy() });
  expect(response.statusCode).toBe(200);
  if (head.length > 0) socket.unshift(head);
  return socket;
}

/** All of an answer. */
async function answerTo(request: http.ClientRequest): Promise<{ status: number | undefined; body: Buffer }> {
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  return { status: response.statusCode, body: await buffer(response) };
}

/** A request to the proxy that names the server. */
function ask(proxy: Running, url: string, options: http.RequestOptions = {}): http.ClientRequest {
  return http.request({ port: proxy.port(), host: '127.0.0.1', agent: false, path: url, ...options });
}

test('TLS within CONNECT: a request of node:https, both ways with large bodies', async () => {
  const server = https.createServer({ key: pem, cert: pem }, async (request, response) => {
    response.end(Buffer.concat([await buffer(request), LARGE]));
  });
  const proxy = await start('connect-proxy');
  const socket = await tunnel(proxy, await listen(server));
  const secure = tls.connect({ socket, servername: 'localhost', ca: pem });
  await once(secure, 'secureConnect');
  expect(secure.authorized).toBe(true);
  const request = https.request({ createConnection: () => secure, method: 'POST', path: '/' });
  request.end(LARGE);
  const { status, body } = await answerTo(request);
  expect(status).toBe(200);
  expect(sha256(body)).toBe(sha256(Buffer.concat([LARGE, LARGE])));
  expect(proxy.stderr).toBe('');
});

test('a half-close through CONNECT: the answer comes after the end of the question', async () => {
  const port = await listen(net.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)));
  const proxy = await start('connect-proxy');
  const client = await connect(proxy.port());
  client.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: a\r\n\r\nwith the head, `);
  const head = 'HTTP/1.1 200 OK\r\n\r\n';
  expect((await readExactly(client, head.length)).toString()).toBe(head);
  client.end(LARGE);
  expect(sha256(await readToEnd(client))).toBe(sha256(Buffer.concat([Buffer.from('with the head, '), LARGE])));
});

/** A server of `ws` that sends back what it gets, on an http.Server. */
async function webSockets(): Promise<number> {
  const server = http.createServer((_request, response) => response.writeHead(404).end('no WebSocket'));
  const sockets = new WebSocketServer({ server, path: '/echo' });
  sockets.on('connection', (socket) => {
    socket.send('welcome');
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  return listen(server);
}

async function expectEcho(client: WebSocket): Promise<void> {
  dispose({ close: () => client.terminate() });
  const [welcome] = (await once(client, 'message')) as [Buffer];
  expect(welcome.toString()).toBe('welcome');
  for (const message of [Buffer.from('short'), LARGE]) {
    client.send(message);
    const [data] = (await once(client, 'message')) as [Buffer];
    expect(sha256(data)).toBe(sha256(message));
  }
  client.close(1000);
  expect((await once(client, 'close'))[0]).toBe(1000);
}

test('WebSocket by Upgrade, and by CONNECT', async () => {
  const proxy = await start('connect-proxy');
  const port = await webSockets();
  const url = `ws://127.0.0.1:${port}/echo`;
  const byUpgrade: ClientOptions = {
    createConnection: () => net.connect(proxy.port(), '127.0.0.1'),
    finishRequest(request) {
      (request as unknown as http.ClientRequest).path = `http://127.0.0.1:${port}/echo`;
      request.end();
    },
  };
  await expectEcho(new WebSocket(url, byUpgrade));
  const socket = await tunnel(proxy, port);
  await expectEcho(new WebSocket(url, { createConnection: () => socket }));
  expect(proxy.stderr).toBe('');
});

test('an Upgrade that the server refuses: its answer comes', async () => {
  const proxy = await start('connect-proxy');
  const url = `http://127.0.0.1:${await webSockets()}/other`;
  const headers = { Connection: 'Upgrade', Upgrade: 'websocket' };
  const { status, body } = await answerTo(ask(proxy, url, { headers }).end());
  expect([status, body.length > 0]).toEqual([400, true]);
});

test('ordinary requests: method, headers, status and body', async () => {
  const port = await listen(
    http.createServer(async (request, response) => {
      response.writeHead(201, { 'X-Seen': `${request.method} ${request.url} ${request.headers['x-mine']}` });
      response.end(await buffer(request));
    }),
  );
  const proxy = await start('connect-proxy');
  const request = ask(proxy, `http://127.0.0.1:${port}/path?a=b`, { method: 'POST', headers: { 'X-Mine': 'yes' } });
  request.end(LARGE);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  expect([response.statusCode, response.headers['x-seen']]).toEqual([201, 'POST /path?a=b yes']);
  expect(sha256(await buffer(response))).toBe(sha256(LARGE));
});

test('what cannot be reached or is no proxy request: 502 and 400, and the proxy goes on', async () => {
  const proxy = await start('connect-proxy');
  const holder = net.createServer();
  const port = await listen(holder);
  await new Promise((resolve) => holder.close(resolve));
  const upgrade = { Connection: 'Upgrade', Upgrade: 'x' };
  const codes = [
    (await answerTo(ask(proxy, `http://127.0.0.1:${port}/`).end())).status,
    (await answerTo(ask(proxy, `http://127.0.0.1:${port}/`, { headers: upgrade }).end())).status,
    (await answerTo(ask(proxy, '/origin').end())).status,
    (await answerTo(ask(proxy, '/origin', { headers: upgrade }).end())).status,
  ];
  for (const target of [`127.0.0.1:${port}`, 'nowhere', ':1', '127.0.0.1:99999', 'a:b:1']) {
    const client = await connect(proxy.port());
    client.write(`CONNECT ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
    codes.push(Number((await readToEnd(client)).toString().slice(9, 12)));
  }
  expect(codes).toEqual([502, 502, 400, 400, 502, 400, 400, 400, 400]);
  expect(proxy.stderr).toBe('');
});

test('resets at every point leak nothing; SIGTERM ends open tunnels', async () => {
  const port = await listen(net.createServer((socket) => socket.on('error', () => {}).pipe(socket)));
  const proxy = await start('connect-proxy');
  await roundTrip(await tunnel(proxy, port), 'warm');
  const before = proxy.openFds();
  for (let round = 0; round < 5; round++) {
    const sockets = [await tunnel(proxy, port), await tunnel(proxy, port), await tunnel(proxy, port)];
    for (const socket of sockets) socket.on('error', () => {});
    sockets[0]?.resetAndDestroy();
    sockets[1]?.write(LARGE, () => {});
    sockets[1]?.resetAndDestroy();
    await roundTrip(sockets[2] as net.Socket, 'through');
    sockets[2]?.destroy();
  }
  await proxy.leaksNothing(before + 2 * 4); // pipes that are kept
  await roundTrip(await tunnel(proxy, port), 'still here');
  expect(await proxy.stop()).toBe(0);
  expect(proxy.stderr).toBe('');
});
