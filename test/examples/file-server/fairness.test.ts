// The connections of examples/static-file-server, turn by turn and without a clock: what one client gets in a turn is
// bounded, so that clients that pipeline do not delay the others, and get all answers in the end.
import { Reactor, WOULD_BLOCK } from 'fdreactor';
import type { Listener } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { RECEIVE_BYTES, serveFiles } from '../../../examples/file-server/http-connection.js';
import { FileCache } from '../../../examples/file-server/http-files.js';
import { testWith } from '../../helpers/needs.js';
import { dispose, own } from '../../helpers/owned.js';
import { reset } from '../../helpers/pairs.js';
import { turnFor, turnUntil } from '../../helpers/wait.js';
import { makeFolder } from '../folder.js';
import { requestText } from '../http-client.js';

const MIB = 1024 * 1024;
const folder = makeFolder({ 'small.txt': 'small', 'large.bin': Buffer.alloc(16 * MIB) });
const host = '127.0.0.1';

interface Server {
  reactor: Reactor;
  listener: Listener<unknown>;
}

function makeServer(): Server {
  const reactor = dispose(new Reactor());
  const files = new FileCache(folder);
  const minute = 60_000;
  const listener = serveFiles(reactor, files, { host, port: 0, idleTimeoutMs: minute, requestMs: minute });
  dispose({
    close: () => {
      for (const connection of [...listener.connections()]) connection.close();
      reactor.poll(0); // the files that they were sent are given back
      files.close();
    },
  });
  return { reactor, listener: listener as Listener<unknown> };
}

/** A connected client. What it sends is in the server's socket when send() returns: it is the loopback interface. */
function connected({ reactor, listener }: Server): number {
  const before = listener.accepted;
  const fd = own(socket.connectTcp({ host, port: (listener.address as { port: number }).port }));
  turnUntil(reactor, () => listener.accepted > before);
  return fd;
}

class Client {
  readonly #fd: number;
  readonly #buffer = Buffer.allocUnsafe(4 * MIB);
  text = '';
  bytes = 0;

  constructor(server: Server) {
    this.#fd = connected(server);
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
const hostile = Array.from({ length: REQUESTS }, (_, i) => requestText(`/missing-${i + 100}`)).join('');
const SHARE = RECEIVE_BYTES / requestText('/missing-100').length;

test.each([1, 20])('%i clients that pipeline 404s: another is answered in its first turn', (count) => {
  const server = makeServer();
  const crowd = Array.from({ length: count }, () => new Client(server));
  const other = new Client(server);
  for (const client of crowd) client.send(hostile);
  for (let turns = 1; turns <= 5; turns++) {
    other.send(requestText('/missing'));
    server.reactor.poll(5000);
    other.receive();
    expect(other.answers).toBe(turns);
    for (const client of crowd) {
      client.receive();
      expect(client.answers).toBe(Math.floor(turns * SHARE)); // each as much as each other
    }
  }
});

test('clients that pipeline get all answers, in order and whole, in later turns', () => {
  const server = makeServer();
  const crowd = Array.from({ length: 3 }, () => new Client(server));
  for (const client of crowd) client.send(hostile + requestText('/small.txt').repeat(3));
  turnUntil(server.reactor, () => {
    for (const client of crowd) client.receive();
    return crowd.every((client) => client.answers === REQUESTS + 3 && client.text.endsWith('small'));
  });
  for (const client of crowd) {
    expect(client.text.split('404 Not Found\r\n')).toHaveLength(REQUESTS + 1);
    expect(client.text.split('\r\n\r\nsmall')).toHaveLength(4);
    expect(client.ended).toBe(false);
  }
  turnFor(server.reactor);
  expect(server.reactor.poll(0)).toBe(0);
});

testWith(
  { notOnWindows: 'TransmitFile() sends in the background, whenever it likes' },
  'a turn moves a bounded part of a large file, and as much for each',
  () => {
    const server = makeServer();
    const crowd = Array.from({ length: 3 }, () => new Client(server));
    for (const client of crowd) client.send(requestText('/large.bin').repeat(2));
    for (let turns = 1; turns <= 4; turns++) {
      server.reactor.poll(5000);
      for (const client of crowd) {
        const before = client.bytes;
        client.receive(false);
        expect(client.bytes - before).toBeLessThanOrEqual(MIB + 4096);
        expect(client.bytes).toBeGreaterThan(before);
      }
    }
  },
);

test('a client that goes away in the middle of its pipeline leaks nothing', () => {
  const server = makeServer();
  const client = connected(server);
  socket.send(client, Buffer.from(requestText('/large.bin') + hostile));
  server.reactor.poll(5000);
  reset(client);
  turnUntil(server.reactor, () => server.listener.size === 0);
  expect(server.reactor.poll(0)).toBe(0); // and that its file is open no more is seen after the test
});
