// WOULD_BLOCK everywhere: every call that moves data or accepts says -1 where the kernel says EAGAIN, and makes neither
// an exception nor an object on the way.
import { openSync } from 'node:fs';
import { Interest, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { sendfile, splice, tee, vmsplice } from 'fdreactor/transfer';
import { expect, test } from 'vitest';
import { testWith } from '../helpers/needs.js';
import { own, ownFile } from '../helpers/owned.js';
import { fill, listen, pipePair, refusingPort, socketPair, tcpPair, whenFull } from '../helpers/pairs.js';
import { awaitReady } from '../helpers/wait.js';

const byte = new Uint8Array(1);

test('it is -1', () => {
  expect(WOULD_BLOCK).toBe(-1);
});

test('nothing to take', () => {
  const [a] = socketPair();
  const udp = own(socket.bindUdp({ host: '127.0.0.1', port: 0 }));
  const sender = new socket.SocketAddress();
  expect(socket.accept(listen().listener)).toBe(WOULD_BLOCK);
  expect(socket.read(a, byte)).toBe(WOULD_BLOCK);
  expect(socket.readv(a, [byte])).toBe(WOULD_BLOCK);
  expect(socket.recv(a, byte)).toBe(WOULD_BLOCK);
  expect(socket.recv(udp, byte)).toBe(WOULD_BLOCK);
  expect(socket.recvfrom(udp, byte, 0, 1, 0, sender)).toBe(WOULD_BLOCK);
});

testWith({ needs: ['pipe', 'splice'] }, 'nothing to take from a pipe, or for it', () => {
  const [a] = socketPair();
  const [readEnd] = pipePair();
  const [, pipeIn] = pipePair();
  expect(socket.read(readEnd, byte)).toBe(WOULD_BLOCK);
  expect(socket.readv(readEnd, [byte])).toBe(WOULD_BLOCK);
  for (const fd of [a, readEnd]) expect(splice(fd, null, pipeIn, null, 100, 0)).toBe(WOULD_BLOCK);
  expect(tee(readEnd, pipeIn, 100, 0)).toBe(WOULD_BLOCK);
});

test('no room to put', () => {
  const [a] = tcpPair();
  const file = ownFile(openSync(process.execPath, 'r'));
  const calls = [
    () => socket.send(a, byte),
    () => socket.write(a, byte),
    () => socket.writev(a, [byte, byte]),
    () => sendfile(a, file, 0, 65536),
  ];
  for (const call of calls) expect(whenFull(a, call)).toBe(WOULD_BLOCK);
});

testWith({ needs: ['pipe', 'splice'] }, 'no room in a pipe, or behind it', () => {
  const [a] = tcpPair();
  const [sourceRead, sourceWrite] = pipePair();
  const [, fullWrite] = pipePair();
  const file = ownFile(openSync(process.execPath, 'r'));
  socket.write(sourceWrite, byte);
  fill(fullWrite);
  expect(socket.write(fullWrite, byte)).toBe(WOULD_BLOCK);
  expect(socket.writev(fullWrite, [byte, byte])).toBe(WOULD_BLOCK);
  expect(sendfile(fullWrite, file, 0, 65536)).toBe(WOULD_BLOCK);
  expect(splice(sourceRead, null, fullWrite, null, 1, 0)).toBe(WOULD_BLOCK);
  const intoSocket = (): number => {
    socket.write(sourceWrite, byte);
    return splice(sourceRead, null, a, null, 1, 0);
  };
  expect(whenFull(a, intoSocket)).toBe(WOULD_BLOCK);
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

const { IPPROTO_TCP, TCP_FASTOPEN_CONNECT } = socket.constants;
const MSG_FASTOPEN = 0x20000000;

testWith(
  { needs: 'proc' },
  'a send that had to begin the connection first (MSG_FASTOPEN), and its error names the peer',
  () => {
    for (const isRefused of [false, true]) {
      const port = isRefused ? refusingPort() : listen().port;
      const to = { host: '127.0.0.1', port };
      const fd = own(socket.socket(socket.constants.AF_INET, socket.constants.SOCK_STREAM, 0));
      expect(socket.sendto(fd, byte, 0, 1, MSG_FASTOPEN, to)).toBe(WOULD_BLOCK);
      awaitReady(fd, Interest.WRITABLE);
      if (isRefused) expect(socket.takeError(fd)).toMatchObject({ code: 'ECONNREFUSED', address: '127.0.0.1', port });
      else expect(socket.sendto(fd, byte, 0, 1, MSG_FASTOPEN, to)).toBe(1);
    }
  },
);

testWith({ needs: 'proc' }, 'the first send of a socket with TCP_FASTOPEN_CONNECT, by whatever call', () => {
  const sends: ((fd: number) => number)[] = [
    (fd) => socket.send(fd, byte),
    (fd) => socket.write(fd, byte),
    (fd) => socket.writev(fd, [byte, byte]),
    (fd) => sendfile(fd, ownFile(openSync(process.execPath, 'r')), 0, 1),
  ];
  for (const send of sends) {
    const { port } = listen();
    const fd = own(socket.socket(socket.constants.AF_INET, socket.constants.SOCK_STREAM, 0));
    socket.setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1);
    // 0 where the kernel knows the peer's cookie and puts the connection off until the first send.
    expect([0, WOULD_BLOCK]).toContain(socket.connect(fd, { host: '127.0.0.1', port }));
    const sent = send(fd);
    if (sent === WOULD_BLOCK) awaitReady(fd, Interest.WRITABLE);
    expect(sent === WOULD_BLOCK ? send(fd) : sent).toBeGreaterThan(0);
  }
});
