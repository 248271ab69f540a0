// Servers of Node that the tests of fdreactor/node use, clients that send what they are told, and files.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sharedReactor } from 'fdreactor/node';
import { PipePool } from 'fdreactor/transfer';
import { afterAll } from 'vitest';
import { dispose } from '../helpers/owned.js';

sharedReactor(); // once a process: what it has open is there before the first look at the fds
afterAll(() => PipePool.shared.close()); // splice() keeps pipes for the next tunnel, which is no leak

/** A folder for the files of a test file. */
export function folderOfTests(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fdreactor-node-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A file with random bytes. */
export function fileOf(folder: string, name: string, size: number): { path: string; bytes: Buffer } {
  const path = join(folder, name);
  const bytes = randomBytes(size);
  writeFileSync(path, bytes);
  return { path, bytes };
}

/** A server that listens; it ends with the test, its connections as well. */
export async function serve(handler: http.RequestListener, options: http.ServerOptions = {}): Promise<http.Server> {
  // On a busy machine a test may leave a connection alone for longer than the five seconds of Node's default.
  const server = http.createServer({ keepAliveTimeout: 0, ...options }, handler);
  await listen(server);
  dispose({
    close() {
      server.closeAllConnections();
      server.close();
    },
  });
  return server;
}

/** Of node:net: its connections end with the test. */
export async function serveRaw(
  handler: (socket: net.Socket) => void,
  options: net.ServerOpts = {},
): Promise<net.Server> {
  const server = net.createServer(options, handler);
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  await listen(server);
  dispose({
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  return server;
}

function listen(server: net.Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

export function portOf(server: net.Server): number {
  return (server.address() as AddressInfo).port;
}

/** A client that collects what comes. */
export class Client {
  readonly socket: net.Socket;
  readonly #parts: Buffer[] = [];
  #length = 0;
  /** Set when the connection is closed, whichever way. */
  isClosed = false;
  hasEnded = false;

  constructor(server: net.Server, options: { allowHalfOpen?: boolean } = {}) {
    this.socket = net.connect({ port: portOf(server), host: '127.0.0.1', ...options });
    this.socket.on('data', (chunk) => {
      this.#parts.push(chunk);
      this.#length += chunk.length;
    });
    this.socket.on('end', () => {
      this.hasEnded = true;
    });
    this.socket.on('close', () => {
      this.isClosed = true;
    });
    this.socket.on('error', () => {}); // a reset is what some tests are about
    dispose({ close: () => this.socket.destroy() });
  }

  get length(): number {
    return this.#length;
  }

  get received(): Buffer {
    return Buffer.concat(this.#parts);
  }

  get text(): string {
    return this.received.toString('latin1');
  }
}

/** One answer to a request, with its headers as they came. */
export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
  /** Whether all of it came. */
  complete: boolean;
}

/** Asks by node:http; without an agent each request has a connection of its own. */
export function ask(server: net.Server, options: http.RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request({ port: portOf(server), host: '127.0.0.1', agent: false, ...options }, (response) => {
      const parts: Buffer[] = [];
      const answer = (): void => {
        const { statusCode = 0, headers, complete } = response;
        resolve({ status: statusCode, headers, body: Buffer.concat(parts), complete });
      };
      response.on('data', (part) => parts.push(part));
      response.on('error', () => {}); // 'close' follows, and `complete` is false
      response.on('close', answer);
    });
    request.on('error', reject);
    request.end();
  });
}

/** What a promise comes to, as a value: so none is unhandled while a test looks elsewhere. */
export type Outcome<T> = { value: T } | { error: Error & { code?: string } };

export function outcome<T>(promise: Promise<T>): Promise<Outcome<T>> {
  return promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  );
}

/** Values that are neither a socket nor a server, nor anything that can be written to. */
export const wrongValues: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -1,
  1.5,
  Number.NaN,
  7n,
  '',
  'text',
  Symbol('s'),
  [],
  {},
  () => {},
  new Uint8Array(4),
  new Proxy({}, {}),
  Object.create(null),
];
