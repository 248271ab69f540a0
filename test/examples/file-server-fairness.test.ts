// The connections of examples/static-file-server, turn by turn and without a clock: what one client gets in a turn is
// bounded, so that clients that pipeline do not delay the others, and get all answers in the end.
import { Reactor, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { Connection, type Server, TURN_BYTES, TURN_REQUESTS } from '../../examples/http-connection.js';
import { FileCache } from '../../examples/http-files.js';
import { dispose } from '../helpers/owned.js';
import { reset, tcpPair } from '../helpers/pairs.js';
import { makeFolder } from './folder.js';
import { requestText } from './http-client.js';

const MIB = 1024 * 1024;
const folder = makeFolder({ 'small.txt': 'small', 'large.bin': Buffer.alloc(16 * MIB) });

function makeServer(): Server {
  const minute = 60_000;
  const timeouts = { idleMs: minute, requestMs: minute, sendMs: minute };
  const server = {
    reactor: dispose(new Reactor()),
    files: new FileCache(folder),
    timeouts,
    connections: new Set<Connection>(),
  };
  dispose({ close: () => server.files.close() });
  return server;
}

/**
 * A client of the server. Its requests are in the server's socket when send() returns, for it is the loopback
 * interface.
 */
class Client {
  readonly #fd: number;
  readonly #buffer = Buffer.allocUnsafe(4 * MIB);
  text = '';
  bytes = 0;

  constructor(server: Server) {
    const [client, accepted] = tcpPair();
    this.#fd = client;
    dispose(new Connection(server, accepted));
  }

  send(text: string): void {
    expect(socket.send(this.#fd, Buffer.from(text))).toBe(text.length);
  }

  /** Takes what has come. */
  receive(keepText = true): void {
    for (;;) {
      const n = socket.recv(this.#fd, this.#buffer);
      if (n <= 0) return;
      this.bytes += n;
      if (keepText) this.text += this.#buffer.toString('latin1', 0, n);
    }
  }

  get answers(): number {
    return this.text.split('HTTP/1.1 ').length - 1;
  }

  get ended(): boolean {
    return socket.recv(this.#fd, this.#buffer) !== WOULD_BLOCK;
  }
}

const REQUESTS = 300;
const hostile = Array.from({ length: REQUESTS }, (_, i) => requestText(`/missing-${i}`)).join('');

test.each([1, 20])('%i clients that pipeline 404s: another is answered in its first turn', (count) => {
  const server = makeServer();
  const crowd = Array.from({ length: count }, () => new Client(server));
  const other = new Client(server);
  for (const client of crowd) client.send(hostile);
  for (let turn = 1; turn <= 5; turn++) {
    other.send(requestText('/small.txt'));
    expect(server.reactor.poll(5000)).toBe(count + 1);
    other.receive();
    expect(other.answers).toBe(turn);
    for (const client of crowd) {
      client.receive();
      expect(client.answers).toBe(turn * TURN_REQUESTS); // each as much as each other
    }
  }
});

test('clients that pipeline get all answers, in order and whole, in later turns', () => {
  const server = makeServer();
  const crowd = Array.from({ length: 3 }, () => new Client(server));
  for (const client of crowd) client.send(hostile + requestText('/small.txt'));
  while (server.reactor.poll(0) > 0) for (const client of crowd) client.receive();
  for (const client of crowd) {
    client.receive();
    expect(client.text.split('404 Not Found\r\n')).toHaveLength(REQUESTS + 1);
    expect(client.text.endsWith('\r\n\r\nsmall')).toBe(true);
    expect(client.ended).toBe(false);
  }
  expect(server.reactor.poll(0)).toBe(0);
});

test('the last request of a share and the end of what was read are one: it reads again', () => {
  const server = makeServer();
  const client = new Client(server);
  for (const count of [TURN_REQUESTS, TURN_REQUESTS - 1, TURN_REQUESTS + 1, 2 * TURN_REQUESTS]) {
    const before = client.answers;
    client.send(requestText('/missing').repeat(count));
    for (let turn = 0; turn < Math.ceil(count / TURN_REQUESTS); turn++) expect(server.reactor.poll(5000)).toBe(1);
    client.receive();
    expect(client.answers - before).toBe(count);
    expect(server.reactor.poll(0)).toBe(0);
  }
});

test('a turn moves a bounded part of a large file, and as much for each', () => {
  const server = makeServer();
  const crowd = Array.from({ length: 3 }, () => new Client(server));
  for (const client of crowd) client.send(requestText('/large.bin').repeat(2));
  for (let turn = 1; turn <= 4; turn++) {
    server.reactor.poll(5000);
    for (const client of crowd) {
      const before = client.bytes;
      client.receive(false);
      expect(client.bytes - before).toBeLessThanOrEqual(TURN_BYTES + 4096);
      expect(client.bytes).toBeGreaterThan(before);
    }
  }
});

test('a client that goes away in the middle of its pipeline leaks nothing', () => {
  const server = makeServer();
  const [client, accepted] = tcpPair();
  new Connection(server, accepted);
  socket.send(client, Buffer.from(hostile));
  server.reactor.poll(5000);
  reset(client);
  for (let turns = 0; server.connections.size > 0 && turns < REQUESTS; turns++) server.reactor.poll(1000);
  expect([server.connections.size, server.reactor.size]).toEqual([0, 0]);
});
