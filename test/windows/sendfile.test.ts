// sendfile over TransmitFile: what is in flight between the call that begins and the call that gets the answer.
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Interest, Reactor, WOULD_BLOCK } from 'fdreactor';
import { CompletionEntries, CompletionPort } from 'fdreactor/iocp';
import * as socket from 'fdreactor/socket';
import { sendfile } from 'fdreactor/transfer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testWith } from '../helpers/needs.js';
import { dispose, ownFile } from '../helpers/owned.js';
import { recvAll, socketPair, tcpPair } from '../helpers/pairs.js';
import { caught, expectSystemError } from '../helpers/throws.js';
import { awaitReady, turnFor, turnUntil } from '../helpers/wait.js';

// More than any pair of sockets holds.
const SIZE = 16 * 2 ** 20;
const content = Buffer.alloc(SIZE);
for (let i = 0; i < SIZE; i += 4) content.writeUInt32LE(i, i);

let directory: string;
let path: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'fdreactor-sendfile-'));
  path = join(directory, 'large');
  writeFileSync(path, content);
});
afterAll(() => rmSync(directory, { recursive: true }));

const open = (): number => ownFile(openSync(path, 'r'));

/** A file on its way to a peer that does not read. */
function inFlight(file = open()): { file: number; sender: number; receiver: number } {
  const [sender, receiver] = tcpPair();
  expect(sendfile(sender, file, 0, SIZE)).toBe(WOULD_BLOCK);
  return { file, sender, receiver };
}

/** The answer, while the peer reads all. */
function answer(sender: number, file: number, receiver: number): number {
  expect(recvAll(receiver, SIZE).equals(content)).toBe(true);
  for (;;) {
    const n = sendfile(sender, file, 0, SIZE);
    if (n !== WOULD_BLOCK) return n;
    awaitReady(sender, Interest.WRITABLE);
  }
}

test('the same call gets the answer, once; a larger count is the same', () => {
  const { file, sender, receiver } = inFlight();
  expect(sendfile(sender, file, 0, SIZE)).toBe(WOULD_BLOCK);
  expect(sendfile(sender, file, 0, Number.MAX_SAFE_INTEGER)).toBe(WOULD_BLOCK);
  expect(answer(sender, file, receiver)).toBe(SIZE);
  expect(sendfile(sender, file, SIZE, SIZE)).toBe(0);
  expect(socket.recv(receiver, Buffer.alloc(1))).toBe(WOULD_BLOCK);
});

test('another file, offset or a smaller count is EALREADY while it is in flight, and until the answer was taken', () => {
  const { file, sender, receiver } = inFlight();
  const other = open();
  const refused = (): void => {
    expectSystemError(() => sendfile(sender, other, 0, SIZE), 'EALREADY', { syscall: 'sendfile', fd: sender });
    expectSystemError(() => sendfile(sender, file, 1, SIZE), 'EALREADY', { syscall: 'sendfile', fd: sender });
    expectSystemError(() => sendfile(sender, file, 0, SIZE - 1), 'EALREADY', { syscall: 'sendfile', fd: sender });
  };
  refused();
  expect(recvAll(receiver, SIZE).equals(content)).toBe(true);
  awaitReady(sender, Interest.WRITABLE);
  refused();
  expect(sendfile(sender, file, 0, SIZE)).toBe(SIZE);
});

test('the socket is not WRITABLE while the file is on its way, for no reactor, and is when the answer is there', () => {
  const { file, sender, receiver } = inFlight();
  const reactors = [dispose(new Reactor()), dispose(new Reactor())];
  let writable = 0;
  for (const reactor of reactors) {
    reactor.register(sender, Interest.WRITABLE, (_ready, registration) => {
      writable++;
      registration.deregister();
    });
  }
  for (const reactor of reactors) turnFor(reactor);
  expect(writable).toBe(0);
  expect(recvAll(receiver, SIZE).equals(content)).toBe(true);
  for (const reactor of reactors) turnUntil(reactor, () => reactor.size === 0);
  expect(writable).toBe(2);
  expect(sendfile(sender, file, 0, SIZE)).toBe(SIZE);
});

test('a reactor that is closed meanwhile gets no event', () => {
  const { file, sender, receiver } = inFlight();
  const reactor = dispose(new Reactor());
  reactor.register(sender, Interest.WRITABLE, () => {});
  turnFor(reactor);
  reactor.close();
  expect(answer(sender, file, receiver)).toBe(SIZE);
});

test('closing the file does no harm', () => {
  const file = openSync(path, 'r');
  const { sender, receiver } = inFlight(file);
  closeSync(file);
  expect(answer(sender, file, receiver)).toBe(SIZE);
});

test('closing the socket ends it, and another socket of the same number knows nothing of it', () => {
  const numbers = new Set<number>();
  const file = open();
  for (let i = 0; i === numbers.size; i++) {
    expect(i).toBeLessThan(2000);
    const [sender, receiver] = socketPair();
    // Were anything left of a socket before whose number this is, it would be EALREADY.
    expect(sendfile(sender, file, i, SIZE)).toBe(WOULD_BLOCK);
    numbers.add(sender);
    socket.close(sender);
    socket.close(receiver);
  }
});

test('what was finished and never asked for is gone with its socket', () => {
  for (let i = 0; i < 20; i++) {
    const { sender, receiver } = inFlight();
    socket.close(receiver);
    awaitReady(sender, Interest.WRITABLE);
    socket.close(sender);
  }
});

test('the peer is gone: the error comes once, as the answer', () => {
  const { file, sender, receiver } = inFlight();
  socket.close(receiver);
  // That the peer is gone may be told before the file is given up.
  const untilAnswered = (): void => {
    while (sendfile(sender, file, 0, SIZE) === WOULD_BLOCK) awaitReady(sender, Interest.WRITABLE);
  };
  expect(caught(untilAnswered).code).toMatch(/^(ECONNRESET|ECONNABORTED)$/);
  // The next call is a new one.
  expect(() => sendfile(sender, file, 1, SIZE)).not.toThrow(/EALREADY/);
});

test('no packet of it comes out of a port that the socket is associated with', () => {
  const port = dispose(new CompletionPort());
  const file = open();
  const [sender, receiver] = tcpPair();
  port.associate(sender, 1);
  expect(sendfile(sender, file, 0, SIZE)).toBe(WOULD_BLOCK);
  expect(answer(sender, file, receiver)).toBe(SIZE);
  expect(port.wait(new CompletionEntries(4), 20)).toBe(0);
});

testWith(
  { notUnderWine: 'it does not queue a send behind a TransmitFile that is in flight' },
  'what is sent meanwhile comes after the file',
  () => {
    const { file, sender, receiver } = inFlight();
    expect(socket.send(sender, Buffer.from('after'))).toBe(5);
    expect(answer(sender, file, receiver)).toBe(SIZE);
    expect(recvAll(receiver, 5).toString()).toBe('after');
  },
);
