// toSocket(): connections that the Reactor accepted, peeked at and routed are served by Node's own servers.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { Interest, type Registration } from 'fdreactor';
import { Connection } from 'fdreactor/connection';
import { fdOf, sendFile, sharedReactor, takeFd, toSocket } from 'fdreactor/node';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { dispose, own } from '../helpers/owned.js';
import { tcpPair } from '../helpers/pairs.js';
import { eventually } from '../helpers/patience.js';
import {
  caught,
  expectArgumentType,
  expectInvalidState,
  expectOutOfRange,
  expectSystemError,
} from '../helpers/throws.js';
import { fileOf, folderOfTests, wrongValues } from './servers.js';

const pem = readFileSync(new URL('localhost.pem', import.meta.url));
const folder = folderOfTests();
const file = fileOf(folder, 'bytes', 1_000_000);

/** A listener of the reactor. Each connection is given away once its first bytes are there, which stay unread. */
function acceptAndPeek(route: (fd: number, first: Buffer) => void): number {
  const reactor = sharedReactor();
  const listener = own(socket.listenTcp({ host: '127.0.0.1', port: 0 }));
  const first = Buffer.alloc(512);
  const accepting = reactor.register(listener, Interest.READABLE, () => {
    for (let fd = socket.accept(listener); fd >= 0; fd = socket.accept(listener)) {
      reactor.register(fd, Interest.READABLE, (_ready, registration: Registration) => {
        const count = socket.recv(registration.fd, first, 0, first.length, socket.constants.MSG_PEEK);
        if (count < 0) return;
        registration.deregister();
        route(registration.fd, first.subarray(0, count));
      });
    }
  });
  dispose({ close: () => accepting.close() });
  return (socket.getsockname(listener) as { port: number }).port;
}

function get(port: number, options: http.RequestOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get({ port, host: '127.0.0.1', agent: false, ...options }, (response) => {
      let text = '';
      response.on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve(text));
    });
    request.on('error', reject);
  });
}

/** Ends with the test, with the connections that it was given. */
function ownServer<T extends net.Server>(server: T): T {
  const sockets = new Set<net.Socket>();
  server.on('connection', (given: net.Socket) => sockets.add(given));
  dispose({
    close() {
      for (const given of sockets) given.destroy();
    },
  });
  return server;
}

test('node:http serves a connection that the reactor accepted: keep-alive, and files by sendFile()', async () => {
  const server = ownServer(
    http.createServer(async (request, response) => {
      if (request.url !== '/file') response.end(`you asked for ${request.url}`);
      else {
        await sendFile(response, file.path);
        response.end();
      }
    }),
  );
  let connections = 0;
  const port = acceptAndPeek((fd) => {
    connections++;
    server.emit('connection', toSocket(fd, { noDelay: true }));
  });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  expect(await get(port, { agent, path: '/a' })).toBe('you asked for /a');
  expect((await get(port, { agent, path: '/file' })).length).toBeGreaterThan(0);
  expect(await get(port, { agent, path: '/b' })).toBe('you asked for /b');
  expect(connections).toBe(1);
  agent.destroy();
});

test('one port, many protocols: TLS by its name, HTTP, HTTP/2 and the rest', async () => {
  const secure = ownServer(tls.createServer({ key: pem, cert: pem }, (given) => given.end(`tls ${given.servername}`)));
  const web = ownServer(http.createServer((_request, response) => response.end('http')));
  const web2 = ownServer(http2.createServer((_request, response) => response.end('http2')));
  const raw = ownServer(net.createServer((given) => given.end('raw')));
  const port = acceptAndPeek((fd, first) => {
    const text = first.toString('latin1');
    const server = first[0] === 0x16 ? secure : text.startsWith('PRI') ? web2 : text.startsWith('GET') ? web : raw;
    server.emit('connection', toSocket(fd));
  });
  expect(await get(port)).toBe('http');
  expect(await textOf(tls.connect({ port, host: '127.0.0.1', servername: 'other.test', ca: pem }))).toBe(
    'tls other.test',
  );
  const other = net.connect(port, '127.0.0.1');
  other.write('x');
  expect(await textOf(other)).toBe('raw');
  expect(await getByHttp2(port)).toBe('http2');
});

function textOf(stream: net.Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    stream.on('data', (part) => {
      text += part;
    });
    stream.on('error', reject);
    stream.on('close', () => resolve(text));
  });
}

function getByHttp2(port: number): Promise<string> {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  return new Promise((resolve, reject) => {
    session.on('error', reject);
    const request = session.request({ ':path': '/' });
    let text = '';
    request.on('data', (part) => {
      text += part;
    });
    request.on('close', () => {
      session.close();
      resolve(text);
    });
    request.end();
  });
}

test('bytes that were read already are delivered first: to a socket, to node:http, to node:tls', async () => {
  const [fd, peer] = tcpPair();
  socket.send(peer, Buffer.from('and more'));
  const plain = dispose({
    socket: toSocket(fd, { unread: Buffer.from('read ') }),
    close: () => plain.socket.destroy(),
  });
  let text = '';
  plain.socket.on('data', (part) => {
    text += part;
  });
  await eventually('all has come', () => text === 'read and more');

  const web = ownServer(http.createServer((request, response) => response.end(request.url)));
  const secure = ownServer(tls.createServer({ key: pem, cert: pem }, (given) => given.end('hello')));
  const port = acceptAndPeek((connection, first) => {
    const server = first[0] === 0x16 ? secure : web;
    const unread = Buffer.alloc(Math.min(10, first.length));
    expect(socket.recv(connection, unread)).toBe(unread.length);
    server.emit('connection', toSocket(connection, { unread }));
  });
  expect(await get(port, { path: '/path' })).toBe('/path');
  expect(await textOf(tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ca: pem }))).toBe('hello');
});

test('ws: a WebSocket over a connection that the reactor accepted', async () => {
  const server = ownServer(http.createServer());
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (given) => given.on('message', (message) => given.send(message.toString().toUpperCase())));
  const port = acceptAndPeek((fd) => server.emit('connection', toSocket(fd)));
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  client.on('open', () => client.send('hello'));
  const answer = await new Promise<string>((resolve) => client.on('message', (message) => resolve(message.toString())));
  expect(answer).toBe('HELLO');
  client.terminate();
  sockets.close();
});

test('there and back: takeFd(), then toSocket() with what was unread, as often as one likes', async () => {
  const [fd, peer] = tcpPair();
  const bytes = randomBytes(300_000);
  const received: Buffer[] = [];
  let length = 0;
  let sent = 0;
  let current = toSocket(fd, { pauseOnCreate: true });
  dispose({ close: () => current.destroy() });
  for (let round = 0; length < bytes.length; round++) {
    while (sent < bytes.length) {
      const count = socket.send(peer, bytes, sent);
      if (count < 0) break;
      sent += count;
    }
    const part = await new Promise<Buffer | null>((resolve) => {
      current.once('readable', () => resolve(current.read(Math.min(current.readableLength, 7_001))));
    });
    if (part !== null) received.push(part);
    length += part?.length ?? 0;
    const { fd: taken, unread } = takeFd(current);
    current = toSocket(taken, { unread, pauseOnCreate: true });
    expect(round).toBeLessThan(10_000);
  }
  expect(Buffer.concat(received).equals(bytes)).toBe(true);
});

test('a Connection of the package becomes a socket of Node, and a socket a Connection', async () => {
  const reactor = sharedReactor();
  const [fd, peer] = tcpPair();
  const first = Buffer.from('first ');
  let taken: { fd: number; unread: Buffer } | undefined;
  const connection = new Connection(reactor, fd, {
    data: (self, chunk) => {
      expect(chunk.toString()).toBe('x');
      taken ??= self.detach();
    },
  });
  socket.send(peer, Buffer.from('x'));
  await eventually('it is detached', () => taken !== undefined);
  expect(connection.closed).toBe(true);
  socket.send(peer, Buffer.from('second'));
  const made = toSocket(taken?.fd as number, { unread: first });
  dispose({ close: () => made.destroy() });
  let text = '';
  made.on('data', (part) => {
    text += part;
  });
  await eventually('all has come', () => text === 'first second');
  const again = takeFd(made);
  let last = '';
  const handlers = {
    data: (_self: unknown, chunk: Buffer) => {
      last += chunk.toString();
    },
  };
  const back = dispose(new Connection(reactor, again.fd, handlers));
  socket.send(peer, Buffer.from('third'));
  await eventually('the Connection has it', () => last === 'third');
  expect(back.fd).toBe(again.fd);
});

test('who owns the fd is known: what a reactor watches, or Node has, is refused, and nothing was changed', () => {
  const [fd] = tcpPair();
  const registration = sharedReactor().register(fd, Interest.READABLE, () => {});
  expectInvalidState(() => toSocket(fd));
  registration.deregister();
  const made = dispose({ socket: toSocket(fd), close: () => made.socket.destroy() });
  expect(fdOf(made.socket)).toBe(fd);
  expectInvalidState(() => socket.close(fd));
  expectInvalidState(() => toSocket(fd));
  const [unknown] = tcpPair();
  const ofNode = dispose({ socket: new net.Socket({ fd: unknown }), close: () => ofNode.socket.destroy() });
  expectSystemError(() => toSocket(unknown), 'EEXIST', { fd: unknown });
  expectSystemError(() => toSocket(1_000_000), 'EBADF', { fd: 1_000_000 });
});

test('what is no stream socket is refused, and stays open', () => {
  const datagrams = own(socket.socket(socket.constants.AF_INET, socket.constants.SOCK_DGRAM));
  expect(caught(() => toSocket(datagrams))).toMatchObject({ code: 'ERR_INVALID_FD_TYPE' });
  expect(socket.getsockname(datagrams)).toBeDefined();
});

test('wrong arguments are typed errors', () => {
  const [fd] = tcpPair();
  for (const value of wrongValues.filter((one) => typeof one !== 'number'))
    expectArgumentType(() => toSocket(value as number));
  for (const value of [-1, 1.5, Number.NaN, 2 ** 31]) expectOutOfRange(() => toSocket(value));
  for (const name of ['unread', 'allowHalfOpen', 'noDelay', 'keepAlive', 'keepAliveInitialDelay', 'pauseOnCreate']) {
    for (const value of [null, 'text', Symbol('s'), {}]) expectArgumentType(() => toSocket(fd, { [name]: value }));
  }
  for (const value of [null, 1, 'text']) expectArgumentType(() => toSocket(fd, value as never));
});

test('a Unix socket, and half-open ones, are sockets of Node as well', async () => {
  const [a, b] = socket.socketpair();
  const left = dispose({ socket: toSocket(a, { allowHalfOpen: true }), close: () => left.socket.destroy() });
  const right = dispose({ socket: toSocket(b), close: () => right.socket.destroy() });
  let text = '';
  let hasEnded = false;
  left.socket.on('data', (part) => {
    text += part;
  });
  left.socket.on('end', () => {
    hasEnded = true;
    left.socket.end('bye');
  });
  right.socket.end('hello');
  let answer = '';
  right.socket.on('data', (part) => {
    answer += part;
  });
  await eventually('both have ended', () => hasEnded && answer === 'bye');
  expect(text).toBe('hello');
});

test('server.listen({ fd }): node:http on a listener of the package, TCP and Unix', async () => {
  const tcp = socket.listenTcp({ host: '127.0.0.1', port: 0 });
  const path = join(tmpdir(), `fdreactor-listen-${process.pid}.sock`);
  const unix = socket.listenUnix({ path });
  for (const listener of [tcp, unix]) {
    const server = dispose(http.createServer((_request, response) => response.end('served')));
    await new Promise<void>((resolve) => server.listen({ fd: listener }, resolve));
    expect(fdOf(server)).toBe(listener);
    expect(
      await get(0, listener === tcp ? { port: (server.address() as net.AddressInfo).port } : { socketPath: path }),
    ).toBe('served');
  }
});
