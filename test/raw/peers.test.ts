// Peers that behave badly: reset at every point, close half, send urgent bytes, never read (group G).
import { Interest, Reactor, Ready, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { libkqueue } from '../helpers/kqueue/libkqueue.js';
import { testWith } from '../helpers/needs.js';
import { dispose, own } from '../helpers/owned.js';
import { acceptOne, fill, listen, recvAll, reset, tcpPair } from '../helpers/pairs.js';
import { eventually } from '../helpers/patience.js';
import { isWindows } from '../helpers/platform.js';
import { caught, expectSystemError } from '../helpers/throws.js';
import { awaitReady, turnUntil } from '../helpers/wait.js';

const { constants } = socket;

/** What it returns, or the code of what it throws. */
function outcomeOf(call: () => number): number | string {
  try {
    return call();
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const byte = new Uint8Array(1);

const afterReset = { notUnderWine: 'recv() after a reset gives 0' };

testWith(afterReset, 'a reset before the accept: the connection comes out dead, or not at all', () => {
  const { listener, port } = listen();
  reset(socket.connectTcp({ host: '127.0.0.1', port }));
  own(socket.connectTcp({ host: '127.0.0.1', port }));
  const first = acceptOne(listener);
  let result: number;
  try {
    result = socket.recv(first, byte); // WOULD_BLOCK: the kernel dropped the dead one
  } catch (error) {
    expect(error).toMatchObject({ code: 'ECONNRESET', syscall: 'recv' });
    result = socket.recv(acceptOne(listener), byte);
  }
  expect(result).toBe(WOULD_BLOCK);
});

const name =
  'a reset between the event and the read: what had come (not on Windows), ECONNRESET, then the end of the stream';

testWith({ ...afterReset, notOnLibkqueue: libkqueue.error }, `${name}`, () => {
  const [client, server] = tcpPair();
  socket.send(client, Buffer.from('unread'));
  expect(awaitReady(server, Interest.READABLE)).toBe(Ready.READABLE);
  reset(client);
  expect(awaitReady(server, 0) & (Ready.ERROR | Ready.HANGUP)).not.toBe(0);
  expectSystemError(() => recvAll(server), 'ECONNRESET', { fd: server });
  if (isWindows) {
    // It forgets nothing: each call on the dead connection says so.
    for (const call of [() => socket.recv(server, byte), () => socket.send(server, byte)]) {
      expect(caught(call).code).toMatch(/^ECONN(RESET|ABORTED)$/);
    }
    return;
  }
  expect(socket.recv(server, byte)).toBe(0);
  expectSystemError(() => socket.send(server, byte), 'EPIPE', { fd: server });
});

testWith({ ...afterReset, notOnLibkqueue: libkqueue.error }, 'a close with unread data resets the peer', () => {
  const [client, server] = tcpPair();
  socket.send(client, Buffer.from('never read'));
  awaitReady(server, Interest.READABLE);
  socket.close(server);
  awaitReady(client, 0);
  expectSystemError(() => socket.recv(client, byte), 'ECONNRESET', { fd: client });
});

testWith({ notOnLibkqueue: libkqueue.error }, 'takeError gives a reset once, and clears it', () => {
  const [client, server] = tcpPair();
  const reactor = dispose(new Reactor());
  let bits = 0;
  reactor.register(server, 0, (ready) => {
    bits |= ready;
  });
  reset(client);
  turnUntil(reactor, () => (bits & Ready.ERROR) !== 0);
  expect(socket.takeError(server)).toMatchObject({ code: 'ECONNRESET', fd: server });
  expect(socket.takeError(server)).toBe(null);
  if (!isWindows) expect(socket.recv(server, byte)).toBe(0);
});

test('an end with data: the data first, then 0; all bits may come together', () => {
  const [client, server] = tcpPair();
  socket.send(client, Buffer.from('goodbye'));
  socket.close(client);
  const ready = awaitReady(server, Interest.READABLE);
  expect(ready & Ready.READABLE).toBe(Ready.READABLE);
  expect(recvAll(server).toString()).toBe('goodbye');
  expect(socket.recv(server, byte)).toBe(0);
});

test('both sides close half: each gets what was sent, then the end', () => {
  const [client, server] = tcpPair();
  socket.send(client, Buffer.from('from the client'));
  socket.send(server, Buffer.from('from the server'));
  socket.shutdown(client, constants.SHUT_WR);
  socket.shutdown(server, constants.SHUT_WR);
  expect(recvAll(client).toString()).toBe('from the server');
  expect(recvAll(server).toString()).toBe('from the client');
  const ready = awaitReady(client, Interest.READABLE);
  expect(ready & Ready.READ_CLOSED).toBe(Ready.READ_CLOSED);
});

test('a peer that never reads: bounded by the kernel, then WOULD_BLOCK, and writable again when it reads', () => {
  const [client, server] = tcpPair();
  const queued = fill(server);
  expect(queued).toBeLessThan(64 * 2 ** 20);
  expect(socket.send(server, byte)).toBe(WOULD_BLOCK);
  expect(recvAll(client, queued)).toHaveLength(queued);
  expect(awaitReady(server, Interest.WRITABLE)).toBe(Ready.WRITABLE);
});

testWith({ needs: 'priority' }, 'an urgent byte is PRIORITY, and does not get among the others', () => {
  const [client, server] = tcpPair();
  socket.send(client, Buffer.from('ab'));
  socket.send(client, Buffer.from('!'), 0, 1, constants.MSG_OOB);
  socket.send(client, Buffer.from('cd'));
  expect(awaitReady(server, Interest.PRIORITY)).toBe(Ready.PRIORITY);
  const urgent = Buffer.alloc(1);
  expect(socket.recv(server, urgent, 0, 1, constants.MSG_OOB)).toBe(1);
  expect(urgent.toString()).toBe('!');
  expect(recvAll(server, 4).toString()).toBe('abcd');
});

test('a request for urgent data that has not come is EINVAL, or WOULD_BLOCK on Windows; not a hang', () => {
  const [client] = tcpPair();
  const receive = (): number => socket.recv(client, byte, 0, 1, constants.MSG_OOB);
  const outcome = outcomeOf(receive);
  expect(isWindows ? ['EINVAL', WOULD_BLOCK] : ['EINVAL']).toContain(outcome);
});

test('a storm of resets leaves the listener in order', () => {
  const { listener, port } = listen('127.0.0.1', { backlog: 128 });
  for (let i = 0; i < 500; i++) {
    const client = socket.connectTcp({ host: '127.0.0.1', port });
    if (i % 2 === 0) {
      const server = acceptOne(listener);
      reset(client);
      socket.close(server);
    } else reset(client);
  }
  for (let fd = socket.accept(listener); fd !== WOULD_BLOCK; fd = socket.accept(listener)) socket.close(fd);
  own(socket.connectTcp({ host: '127.0.0.1', port }));
  expect(socket.recv(acceptOne(listener), byte)).toBe(WOULD_BLOCK);
});

test('a connection closed while it is under way leaks nothing', async () => {
  const { listener, port } = listen();
  const fds = Array.from({ length: 50 }, () => socket.connectTcp({ host: '127.0.0.1', port }));
  for (const fd of fds) socket.close(fd);
  await eventually('the queue is empty', () => {
    const fd = socket.accept(listener);
    if (fd === WOULD_BLOCK) return true;
    socket.close(fd);
    return false;
  });
});

test('a full backlog: later connections wait or fail, accepted ones work', () => {
  const { listener, port } = listen('127.0.0.1', { backlog: 1 });
  const clients = Array.from({ length: 16 }, () => own(socket.connectTcp({ host: '127.0.0.1', port })));
  const server = acceptOne(listener);
  socket.send(clients[0] as number, byte);
  expect(recvAll(server, 1)).toHaveLength(1);
});

test('an address that no route leads to is a clear error', () => {
  const call = (): number => own(socket.connectTcp({ host: '255.255.255.255', port: 9 }));
  expectSystemError(call, 'ENETUNREACH', { syscall: 'connect', address: '255.255.255.255', port: 9 });
});
