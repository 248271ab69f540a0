// WOULD_BLOCK everywhere: every call that moves data or accepts says -1 where the kernel says EAGAIN, and makes neither an
// exception nor an object on the way (rule 2).
import { openSync } from 'node:fs';
import { WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { sendfile, splice, tee, vmsplice } from 'fdreactor/transfer';
import { expect, test } from 'vitest';
import { own } from '../helpers/owned.js';
import { fill, listen, pipePair, socketPair, tcpPair } from '../helpers/pairs.js';

const byte = new Uint8Array(1);

test('it is -1', () => {
  expect(WOULD_BLOCK).toBe(-1);
});

test('nothing to take', () => {
  const [a] = socketPair();
  const [readEnd] = pipePair();
  const udp = own(socket.bindUdp({ host: '127.0.0.1', port: 0 }));
  const [, pipeIn] = pipePair();
  const sender = new socket.SocketAddress();
  expect(socket.accept(listen().listener)).toBe(WOULD_BLOCK);
  for (const fd of [a, readEnd]) {
    expect(socket.read(fd, byte)).toBe(WOULD_BLOCK);
    expect(socket.readv(fd, [byte])).toBe(WOULD_BLOCK);
    expect(splice(fd, null, pipeIn, null, 100, 0)).toBe(WOULD_BLOCK);
  }
  expect(socket.recv(a, byte)).toBe(WOULD_BLOCK);
  expect(socket.recv(udp, byte)).toBe(WOULD_BLOCK);
  expect(socket.recvfrom(udp, byte, 0, 1, 0, sender)).toBe(WOULD_BLOCK);
  expect(tee(readEnd, pipeIn, 100, 0)).toBe(WOULD_BLOCK);
});

test('no room to put', () => {
  const [a] = tcpPair();
  const [sourceRead, sourceWrite] = pipePair();
  const [, fullWrite] = pipePair();
  const file = own(openSync(process.execPath, 'r'));
  socket.write(sourceWrite, byte);
  fill(a);
  fill(fullWrite);
  expect(socket.send(a, byte)).toBe(WOULD_BLOCK);
  for (const fd of [a, fullWrite]) {
    expect(socket.write(fd, byte)).toBe(WOULD_BLOCK);
    expect(socket.writev(fd, [byte, byte])).toBe(WOULD_BLOCK);
    expect(sendfile(fd, file, 0, 65536)).toBe(WOULD_BLOCK);
    expect(splice(sourceRead, null, fd, null, 1, 0)).toBe(WOULD_BLOCK);
  }
  expect(tee(sourceRead, fullWrite, 1, 0)).toBe(WOULD_BLOCK);
  expect(vmsplice(fullWrite, [byte], 0)).toBe(WOULD_BLOCK);
});

test('a connection under way', () => {
  const fd = own(socket.socket(socket.constants.AF_INET, socket.constants.SOCK_STREAM, 0));
  const { port } = listen();
  expect([0, WOULD_BLOCK]).toContain(socket.connect(fd, { host: '127.0.0.1', port }));
});

test('hundreds of thousands of them leave nothing on the heap', () => {
  const [a] = socketPair();
  const spin = (times: number): void => {
    for (let i = 0; i < times; i++) if (socket.recv(a, byte) !== WOULD_BLOCK) throw new Error('no longer blocked');
  };
  spin(20_000);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  spin(200_000);
  expect((process.memoryUsage().heapUsed - before) / 200_000).toBeLessThan(4); // bytes a call
});
