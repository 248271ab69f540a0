// toDuplex(): what each kind of fd is as a stream: its directions, its end, its records, and what is refused.
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { Acceptor, Interest, Reactor } from 'fdreactor';
import { Connection, Listener } from 'fdreactor/connection';
import * as linux from 'fdreactor/linux';
import { type FdDuplex, fdOf, sharedReactor, toDuplex, toSocket } from 'fdreactor/node';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { reportOf } from '../helpers/child.js';
import { inNamespace, whyNoTun } from '../helpers/linux/namespace.js';
import { describeWith, testUnless } from '../helpers/needs.js';
import { openFds } from '../helpers/open-fds.js';
import { dispose, own, ownBoth, ownFile } from '../helpers/owned.js';
import { pipePair, reset, sendAll, socketPair, tcpPair } from '../helpers/pairs.js';
import { eventually } from '../helpers/patience.js';
import {
  caught,
  expectArgumentType,
  expectInvalidState,
  expectOutOfRange,
  expectSystemError,
} from '../helpers/throws.js';
import { folderOfTests, wrongValues } from './servers.js';

const folder = folderOfTests();
const { AF_UNIX, AF_INET, SOCK_DGRAM, SOCK_SEQPACKET } = socket.constants;

/** Destroyed after the test. */
function ownStream<T extends Duplex>(stream: T): T {
  dispose({ close: () => stream.destroy() });
  return stream;
}

/** All that comes to the end. */
function textOf(stream: Duplex): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    stream.on('data', (part) => {
      text += part;
    });
    stream.on('end', () => resolve(text)).on('error', reject);
  });
}

function isOpen(fd: number): boolean {
  try {
    fs.fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}

test.each([
  ['TCP', tcpPair],
  ['a socket pair', socketPair],
])('%s: both ways, half-close both ways, and closed when both have ended', async (_name, pair) => {
  const [a, b] = pair();
  const left = ownStream(toDuplex(a));
  const right = ownStream(toDuplex(b));
  left.end('from the left');
  expect(await textOf(right)).toBe('from the left');
  expect(right.destroyed).toBe(false);
  right.end('from the right');
  expect(await textOf(left)).toBe('from the right');
  await eventually('both are closed', () => left.closed && right.closed);
  expect([left.fd, right.fd, isOpen(a), isOpen(b)]).toEqual([-1, -1, false, false]);
  expect([left.bytesRead, left.bytesWritten, right.bytesRead]).toEqual([14, 13, 13]);
});

test('allowHalfOpen: false ends the writing side when the peer has ended', async () => {
  const [a, b] = socketPair();
  const stream = ownStream(toDuplex(a, { allowHalfOpen: false }));
  stream.resume();
  socket.shutdown(b, socket.SHUT_WR);
  await once(stream, 'close');
  expect(socket.recv(b, Buffer.alloc(4))).toBe(0);
});

test('a pipe is readable or writable alone, and ends when its writing end is closed', async () => {
  const [readFd, writeFd] = pipePair();
  const reader = ownStream(toDuplex(readFd));
  const writer = ownStream(toDuplex(writeFd));
  expect([reader.readable, reader.writable, writer.readable, writer.writable]).toEqual([true, false, false, true]);
  writer.write('one ');
  writer.end('two');
  expect(await textOf(reader)).toBe('one two');
  await eventually('both are closed', () => reader.closed && writer.closed);
});

test('a FIFO: no end before there was a writer; one end for each way', async () => {
  const path = join(folder, 'fifo');
  const { childProcess } = await import('../helpers/fixtures/toolbox.mjs');
  childProcess.execFileSync('mkfifo', [path]);
  const reader = ownStream(toDuplex(fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)));
  const text = textOf(reader);
  await new Promise((resolve) => setImmediate(resolve));
  expect(reader.readableEnded).toBe(false);
  const writer = ownStream(toDuplex(fs.openSync(path, fs.constants.O_WRONLY)));
  writer.end('through');
  expect(await text).toBe('through');
});

test('a blocking fd becomes non-blocking, and no write waits', async () => {
  const [a, b] = socketPair();
  socket.setNonBlocking(a, false);
  const stream = ownStream(toDuplex(a));
  expect(socket.isNonBlocking(a)).toBe(true);
  stream.write(Buffer.alloc(5_000_000));
  expect(stream.writableLength).toBe(5_000_000);
  socket.close(b);
  const [error] = await once(stream, 'error');
  expect(error).toMatchObject({ code: 'EPIPE', syscall: 'send', fd: a });
});

test('close: false leaves the fd open, and the peer sees no end', async () => {
  const [readFd, writeFd] = pipePair();
  const writer = toDuplex(writeFd, { close: false });
  writer.end('x');
  await once(writer, 'close');
  expect(isOpen(writeFd)).toBe(true);
  socket.write(writeFd, Buffer.from('y'));
  const buffer = Buffer.alloc(4);
  expect(socket.read(readFd, buffer)).toBe(2);
  const again = ownStream(toDuplex(writeFd));
  again.end();
  await once(again, 'close');
  expect(isOpen(writeFd)).toBe(false);
});

test('a registration is taken over, of any mode: its reactor waits, its handler is silent', async () => {
  const reactor = dispose(new Reactor());
  reactor.attach();
  for (const mode of ['level', 'edge', 'oneshot'] as const) {
    const [a, b] = socketPair();
    const told: number[] = [];
    const registration = reactor.register(a, Interest.WRITABLE, (ready) => told.push(ready), { mode, data: { x: 1 } });
    const stream = ownStream(toDuplex(registration));
    expect(registration.active).toBe(false);
    expect(reactor.size).toBe(1);
    sendAll(b, Buffer.from(mode));
    socket.shutdown(b, socket.SHUT_WR);
    expect(await textOf(stream)).toBe(mode);
    stream.destroy();
    expect([told, reactor.size, isOpen(a), registration.close()]).toEqual([[], 0, false, false]);
    expectInvalidState(() => toDuplex(registration));
  }
});

test('a registration of a reactor that is closed later: the next read or write destroys the stream', async () => {
  const reactor = dispose(new Reactor());
  reactor.attach();
  const [a] = socketPair();
  const stream = ownStream(toDuplex(reactor.register(a, 0, () => {})));
  reactor.close();
  stream.read();
  const [error] = await once(stream, 'error');
  expect(error.code).toBe('ERR_INVALID_STATE');
  expect(isOpen(a)).toBe(false);
});

test('a reset is an error of the stream, for a reader and for a writer', async () => {
  for (const isReader of [true, false]) {
    const [a, b] = tcpPair();
    const stream = ownStream(toDuplex(a));
    const failures: unknown[] = [];
    if (isReader) stream.resume();
    else stream.write(Buffer.alloc(20_000_000), (error) => failures.push(error));
    reset(b);
    const [error] = await once(stream, 'error');
    expect(error.name).toBe('SystemError');
    expect(['ECONNRESET', 'EPIPE']).toContain(error.code);
    if (!isReader) expect(failures).toEqual([error]);
    expect([stream.destroyed, isOpen(a)]).toEqual([true, false]);
  }
});

test('destroy() with a write under way: its callback gets an error, and the fd is closed at once', async () => {
  const [a] = socketPair();
  const stream = toDuplex(a);
  const failed = new Promise<Error | null | undefined>((resolve) => stream.write(Buffer.alloc(5_000_000), resolve));
  const later = new Promise<Error | null | undefined>((resolve) => stream.write('more', resolve));
  stream.destroy();
  expect(isOpen(a)).toBe(false);
  expect(await failed).toMatchObject({ code: 'ERR_STREAM_DESTROYED' });
  expect(await later).toMatchObject({ code: 'ERR_STREAM_DESTROYED' });
  await eventually('it is closed', () => stream.closed);
});

test('a signal destroys the stream: before, and in the middle', async () => {
  for (const isBefore of [true, false]) {
    const controller = new AbortController();
    if (isBefore) controller.abort();
    const [a] = socketPair();
    const stream = toDuplex(a, { signal: controller.signal });
    stream.resume();
    if (!isBefore) setImmediate(() => controller.abort());
    const [error] = await once(stream, 'error');
    expect([error.name, isOpen(a)]).toEqual(['AbortError', false]);
  }
});

test('other code closes the fd: an error, and a stranger with its number stays open', async () => {
  const [a] = socketPair();
  const stream = ownStream(toDuplex(a));
  fs.closeSync(a);
  const stranger = ownFile(fs.openSync('/dev/null', 'r'));
  expect(stranger).toBe(a);
  stream.read();
  const [error] = await once(stream, 'error');
  expect(error.name).toBe('SystemError');
  expect(isOpen(stranger)).toBe(true);
});

test("the fd is the stream's alone: nothing else closes it, or becomes its owner", async () => {
  const [a, b] = socketPair();
  const stream = toDuplex(a);
  for (const call of [
    () => socket.close(a),
    () => toSocket(a),
    () => toDuplex(a),
    () => new Connection(sharedReactor(), a, {}),
  ]) {
    expectInvalidState(call);
  }
  stream.destroy();
  const connection = dispose(new Connection(sharedReactor(), b, {}));
  for (const call of [() => socket.close(b), () => toSocket(b), () => toDuplex(b)]) expectInvalidState(call);
  const { fd } = connection.detach();
  const registration = sharedReactor().register(fd, 0, () => {});
  expectInvalidState(() => toDuplex(fd));
  const other = dispose(new Reactor());
  other.register(fd, 0, () => {});
  expectInvalidState(() => toDuplex(registration));
  expect(registration.active).toBe(true);
  other.close();
  ownStream(toDuplex(registration));
});

test('a number that other code closed under its owner belongs to the file that has it now', () => {
  const [a] = socketPair();
  dispose(new Connection(dispose(new Reactor()), a, {}));
  fs.closeSync(a);
  const [again] = ownBoth(socket.socketpair());
  expect(again).toBe(a);
  toDuplex(again, { close: false }).destroy();
  socket.close(again);
});

test('an Acceptor whose callback throws after it gave the connection away leaves it alone', async () => {
  const errors: unknown[] = [];
  const listener = socket.listenTcp({ host: '127.0.0.1', port: 0 });
  const { port } = socket.getsockname(listener) as net.AddressInfo;
  let stream: FdDuplex | undefined;
  const take = (fd: number): void => {
    stream = ownStream(toDuplex(fd));
    throw new Error('after that');
  };
  dispose(new Acceptor(sharedReactor(), listener, take, { onError: (error) => errors.push(error) }));
  const client = ownStream(net.connect(port, '127.0.0.1'));
  await eventually('it threw', () => errors.length === 1);
  expect(errors[0]).toMatchObject({ message: 'after that' });
  stream?.end('still there');
  expect(await textOf(client)).toBe('still there');
});

test('an fd of a socket of Node, and of a Listener, is refused', async () => {
  const server = dispose(net.createServer());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const listener = dispose(new Listener(sharedReactor(), { host: '127.0.0.1', port: 0 }, {}));
  const client = net.connect(listener.port, '127.0.0.1');
  dispose({ close: () => client.destroy() });
  await once(client, 'connect');
  expectInvalidState(() => toDuplex(fdOf(client)));
  expectInvalidState(() => toDuplex(fdOf(server)));
  expectInvalidState(() => new Connection(sharedReactor(), fdOf(client), {}));
  expectInvalidState(() => new Listener(sharedReactor(), { fd: fdOf(server) }, {}));
});

test('what cannot be waited for, and what is no stream, is refused by name, and stays open', () => {
  const file = ownFile(fs.openSync(join(folder, 'file'), 'w'));
  const directory = ownFile(fs.openSync(folder, 'r'));
  for (const fd of [file, directory]) {
    expect(caught(() => toDuplex(fd))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', message: /node:fs/ });
  }
  const datagrams = own(socket.socket(AF_INET, SOCK_DGRAM));
  const [unixDatagrams] = ownBoth(socket.socketpair(AF_UNIX, SOCK_DGRAM));
  const listener = own(socket.listenTcp({ host: '127.0.0.1', port: 0 }));
  for (const fd of [datagrams, unixDatagrams, listener]) {
    expect(caught(() => toDuplex(fd))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    expect(isOpen(fd)).toBe(true);
  }
  expectSystemError(() => toDuplex(1_000_000), 'EBADF', { fd: 1_000_000 });
});

test('wrong arguments are typed errors, and change nothing', () => {
  const [fd] = socketPair();
  for (const value of wrongValues.filter((one) => typeof one !== 'number')) {
    expectArgumentType(() => toDuplex(value as number));
  }
  for (const value of [-1, 1.5, Number.NaN, 2 ** 31]) expectOutOfRange(() => toDuplex(value));
  for (const name of ['highWaterMark', 'allowHalfOpen', 'close', 'signal', 'readBytes']) {
    for (const value of [null, 'text', Symbol('s'), {}]) expectArgumentType(() => toDuplex(fd, { [name]: value }));
  }
  for (const value of [-1, 1.5, Number.NaN]) expectOutOfRange(() => toDuplex(fd, { highWaterMark: value }));
  for (const value of [0, 2 ** 31]) expectOutOfRange(() => toDuplex(fd, { readBytes: value }));
  for (const value of [null, 1, 'text']) expectArgumentType(() => toDuplex(fd, value as never));
  ownStream(toDuplex(fd)).write('x');
});

describeWith({ needs: 'epoll' }, 'Linux', () => {
  test('SOCK_SEQPACKET: a chunk a record, a record a chunk, and empty ones are passed over', async () => {
    const [a, b] = socket.socketpair(AF_UNIX, SOCK_SEQPACKET);
    const left = ownStream(toDuplex(a));
    const right = ownStream(toDuplex(b));
    left.cork();
    for (const text of ['one', '', 'two', 'three']) left.write(text);
    left.uncork();
    left.end();
    const records: string[] = [];
    for await (const record of right) records.push(record.toString());
    expect(records).toEqual(['one', 'two', 'three']);

    const [c, d] = ownBoth(socket.socketpair(AF_UNIX, SOCK_SEQPACKET));
    for (const text of ['', 'x', '', '', 'y', '']) socket.send(d, Buffer.from(text));
    socket.shutdown(d, socket.SHUT_WR);
    const received: string[] = [];
    for await (const record of ownStream(toDuplex(c))) received.push(record.toString());
    expect(received).toEqual(['x', 'y']);
  });

  test('SOCK_SEQPACKET: a record that is longer than readBytes is EMSGSIZE, not cut off', async () => {
    const [a, b] = ownBoth(socket.socketpair(AF_UNIX, SOCK_SEQPACKET));
    const stream = ownStream(toDuplex(a, { readBytes: 10 }));
    const records: number[] = [];
    stream.on('data', (record) => records.push(record.length));
    socket.send(b, Buffer.alloc(10));
    socket.send(b, Buffer.alloc(11));
    const [error] = await once(stream, 'error');
    expect(error).toMatchObject({ code: 'EMSGSIZE', syscall: 'recv' });
    expect(records).toEqual([10]);
  });

  test('a pseudo-terminal: both sides; a hang-up ends the master both ways', async () => {
    const [masterFd, slaveFd] = linux.openpty();
    socket.setNonBlocking(slaveFd);
    const master = ownStream(toDuplex(masterFd));
    const slave = ownStream(toDuplex(slaveFd));
    let shown = '';
    master.on('data', (part) => {
      shown += part;
    });
    master.write('a line\n');
    const [line] = await once(slave, 'data');
    expect(line.toString()).toBe('a line\n');
    slave.write('answer');
    await eventually('all is shown', () => shown === 'a line\r\nanswer');
    slave.destroy();
    await once(master, 'close');
    expect([master.readableEnded, master.writableFinished, isOpen(masterFd)]).toEqual([true, true, false]);
  });

  test('a write to a terminal that hung up is EIO once nothing fits, not a wait for ever', async () => {
    const [masterFd, slaveFd] = linux.openpty();
    const master = ownStream(toDuplex(masterFd));
    socket.close(slaveFd);
    const done = new Promise<Error | null | undefined>((resolve) => master.write(Buffer.alloc(1_000_000), resolve));
    master.on('error', () => {});
    expect(await done).toMatchObject({ code: 'EIO', syscall: 'write' });
  });

  test('a blocking terminal is refused: the shell shares its mode', () => {
    const [masterFd, slaveFd] = ownBoth(linux.openpty());
    socket.setNonBlocking(masterFd, false);
    expect(caught(() => toDuplex(slaveFd))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', message: /terminal/ });
    expect(socket.isNonBlocking(slaveFd)).toBe(false);
    ownStream(toDuplex(masterFd));
    expect(socket.isNonBlocking(masterFd)).toBe(true);
  });

  test('an eventfd, a timerfd, inotify: each read a chunk', async () => {
    const counter = linux.eventfd();
    const events = ownStream(toDuplex(counter));
    const eight = Buffer.alloc(8);
    eight.writeBigUInt64LE(7n);
    events.write(eight);
    const [count] = await once(events, 'data');
    expect(count.readBigUInt64LE()).toBe(7n);

    const timerFd = linux.timerfd_create(linux.constants.CLOCK_MONOTONIC);
    const timer = ownStream(toDuplex(timerFd));
    linux.timerfd_settime(timerFd, 0, 1);
    const [ticks] = await once(timer, 'data');
    expect(ticks.readBigUInt64LE()).toBe(1n);

    const inotifyFd = linux.inotify_init1();
    const changes = ownStream(toDuplex(inotifyFd));
    expect(changes.writable).toBe(false);
    linux.inotify_add_watch(inotifyFd, folder, linux.constants.IN_CREATE);
    fs.writeFileSync(join(folder, 'new'), '');
    const [change] = await once(changes, 'data');
    expect(change.toString('latin1')).toContain('new');
  });

  test('a device that cannot be polled is refused as a file is', () => {
    const zero = ownFile(fs.openSync('/dev/zero', 'r'));
    expect(caught(() => toDuplex(zero))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', message: /node:fs/ });
    expect(isOpen(zero)).toBe(true);
  });

  test('an fd of a waker or of the reactor itself is refused', () => {
    const reactor = dispose(new Reactor());
    const before = openFds();
    dispose(reactor.createWaker(() => {}));
    const [waker] = [...openFds().keys()].filter((fd) => !before.has(fd));
    expectInvalidState(() => toDuplex(waker as number));
  });
});

testUnless(whyNoTun(), 'a TUN device: a packet a chunk, both ways', async () => {
  const report = await reportOf(
    async ({ fs: files, linux: facilities, socket: calls, node, report: tell }) => {
      const { constants, ioctl } = facilities;
      const tun = files.openSync('/dev/net/tun', files.constants.O_RDWR);
      const { name } = ioctl(tun, 'TUNSETIFF', { name: 'test%d', flags: constants.IFF_TUN | constants.IFF_NO_PI });
      const control = calls.socket(calls.constants.AF_INET, calls.constants.SOCK_DGRAM, 0);
      ioctl(control, 'SIOCSIFADDR', { name, address: { host: '10.9.8.1', port: 0 } });
      ioctl(control, 'SIOCSIFDSTADDR', { name, dstaddr: { host: '10.9.8.2', port: 0 } });
      const { flags } = ioctl(control, 'SIOCGIFFLAGS', { name });
      ioctl(control, 'SIOCSIFFLAGS', { name, flags: flags | constants.IFF_UP });
      const sender = calls.bindUdp({ host: '10.9.8.1', port: 0 });
      const { port } = calls.getsockname(sender) as { port: number };
      const stream = node.toDuplex(tun);
      const texts: string[] = [];
      stream.on('data', (packet: Buffer) => {
        if (packet[0] !== 0x45 || packet[9] !== 17) return;
        texts.push(packet.toString('latin1', 28));
        const answer = Buffer.from(packet); // back to the sender: addresses and ports change places, sums stay
        packet.copy(answer, 12, 16, 20);
        packet.copy(answer, 16, 12, 16);
        packet.copy(answer, 20, 22, 24);
        packet.copy(answer, 22, 20, 22);
        stream.write(answer);
      });
      for (const text of ['first', 'second']) {
        calls.sendto(sender, Buffer.from(text), 0, text.length, 0, { host: '10.9.8.2', port: 9 });
      }
      const answers: string[] = [];
      const buffer = Buffer.alloc(100);
      for (const end = Date.now() + 10_000; answers.length < 2 && Date.now() < end; ) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        const count = calls.recv(sender, buffer);
        if (count >= 0) answers.push(buffer.toString('latin1', 0, count));
      }
      tell({ texts, answers, port: port > 0 });
      process.exit(0);
    },
    { wrap: [...inNamespace] },
  );
  expect(report).toEqual({ texts: ['first', 'second'], answers: ['first', 'second'], port: true });
});
