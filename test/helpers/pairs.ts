// Connected pairs of every kind, owned by the test. Loopback only, and always a port of the kernel's choice.
import { Interest, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { own, ownBoth } from './owned.js';
import { patience } from './patience.js';
import { isWindows } from './platform.js';
import { awaitReady } from './wait.js';

export function socketPair(): [number, number] {
  return ownBoth(socket.socketpair());
}

/**
 * [fd, its peer]: a new connection whose end has this number, which was closed before. Kernels soon give it out again.
 */
export function pairWithNumber(fd: number): [number, number] {
  for (let tries = 0; tries < 200; tries++) {
    if (own(socket.socket(socket.constants.AF_INET, socket.constants.SOCK_STREAM, 0)) !== fd) continue;
    const { listener, port } = listen();
    socket.connect(fd, { host: '127.0.0.1', port });
    const peer = acceptOne(listener);
    awaitReady(fd, Interest.WRITABLE);
    socket.close(listener);
    return [fd, peer];
  }
  throw new Error(`number ${fd} was not given out again`);
}

export function pipePair(): [number, number] {
  return ownBoth(socket.pipe());
}

export function portOf(fd: number): number {
  const name = socket.getsockname(fd);
  if (!('port' in name)) throw new Error('not an IP socket');
  return name.port;
}

export function listen(host = '127.0.0.1', options: { backlog?: number } = {}): { listener: number; port: number } {
  const listener = own(socket.listenTcp({ host, port: 0, ...options }));
  return { listener, port: portOf(listener) };
}

/** A port that refuses connections until the test ends: a socket that does not listen holds it. */
export function refusingPort(host = '127.0.0.1'): number {
  const { AF_INET, AF_INET6, SOCK_STREAM } = socket.constants;
  const holder = own(socket.socket(host.includes(':') ? AF_INET6 : AF_INET, SOCK_STREAM, 0));
  socket.bind(holder, { host, port: 0 });
  return portOf(holder);
}

/** Accepts one connection, waiting for it. */
export function acceptOne(listener: number): number {
  for (;;) {
    const fd = socket.accept(listener);
    if (fd !== WOULD_BLOCK) return own(fd);
    awaitReady(listener, Interest.READABLE);
  }
}

/** [client, server], both connected. */
export function tcpPair(host = '127.0.0.1'): [number, number] {
  const { listener, port } = listen(host);
  const client = own(socket.connectTcp({ host, port }));
  const server = acceptOne(listener);
  awaitReady(client, Interest.WRITABLE);
  const error = socket.takeError(client);
  if (error !== null) throw error;
  socket.close(listener);
  return [client, server];
}

/** struct linger: on, and so many seconds. Of two ints, or on Windows of two shorts. */
export function lingerOption(seconds: number): Buffer {
  const option = Buffer.alloc(isWindows ? 4 : 8);
  for (const [i, value] of [1, seconds].entries()) {
    if (isWindows) option.writeUInt16LE(value, i * 2);
    else option.writeInt32LE(value, i * 4);
  }
  return option;
}

/** Closes so that the peer gets a reset, not an end; no TIME_WAIT keeps the port. */
export function reset(fd: number): void {
  socket.setsockopt(fd, socket.constants.SOL_SOCKET, socket.constants.SO_LINGER, lingerOption(0));
  socket.close(fd);
}

/** Receives until `length` bytes or the end of the stream have come. */
export function recvAll(fd: number, length = Number.POSITIVE_INFINITY): Buffer {
  const chunks: Buffer[] = [];
  let total = 0;
  while (total < length) {
    const chunk = Buffer.alloc(Math.min(65536, length - total));
    const n = socket.read(fd, chunk);
    if (n === 0) break;
    if (n === WOULD_BLOCK) {
      awaitReady(fd, Interest.READABLE, patience(10_000));
      continue;
    }
    chunks.push(chunk.subarray(0, n));
    total += n;
  }
  return Buffer.concat(chunks);
}

/** Writes everything, waiting where the kernel's buffer is full. Only for amounts that the other side takes. */
export function sendAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    const n = socket.write(fd, bytes, done, bytes.length - done);
    if (n === WOULD_BLOCK) awaitReady(fd, Interest.WRITABLE);
    else done += n;
  }
}

/** Fills the kernel's buffers until the next write would block; returns how many bytes went in. */
export function fill(fd: number): number {
  const chunk = new Uint8Array(65536).fill(0x66);
  let total = 0;
  for (;;) {
    const n = socket.write(fd, chunk);
    if (n === WOULD_BLOCK) break;
    total += n;
  }
  for (;;) {
    const n = socket.write(fd, chunk, 0, 1);
    if (n === WOULD_BLOCK) return total;
    total += n;
  }
}

/**
 * What the call answers when the buffers of the fd are full: TCP moves bytes on, and makes its buffers larger, between
 * the filling and the call, so that both are tried again.
 */
export function whenFull(fd: number, call: () => number): number {
  let result = 0;
  for (let tries = 0; tries < 100; tries++) {
    fill(fd);
    result = call();
    if (result === WOULD_BLOCK) break;
  }
  return result;
}
