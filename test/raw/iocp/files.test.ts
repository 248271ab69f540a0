// Overlapped calls on files: reading, writing, and sending them to a socket.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CompletionPort,
  CREATE_ALWAYS,
  CREATE_NEW,
  closeHandle,
  GENERIC_READ,
  GENERIC_WRITE,
  OPEN_ALWAYS,
  Overlapped,
  openFile,
  readFile,
  STATUS_END_OF_FILE,
  TF_DISCONNECT,
  transmitFile,
  WOULD_BLOCK,
  writeFile,
} from 'fdreactor/iocp';
import * as socket from 'fdreactor/socket';
import { describe, expect, test } from 'vitest';
import { associatedPair, finish, openHandle } from '../../helpers/iocp/completions.js';
import {
  expectNoPacket,
  newPort,
  type Packet,
  packetsNow,
  takePacket,
  takePackets,
} from '../../helpers/iocp/packets.js';
import { testWith } from '../../helpers/needs.js';
import { dispose } from '../../helpers/owned.js';
import { recvAll } from '../../helpers/pairs.js';
import { eventually } from '../../helpers/patience.js';
import { caught, expectBadArgument, expectInvalidState, expectSystemError } from '../../helpers/throws.js';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'fdreactor-iocp-'));
  dispose({ close: () => rmSync(made, { recursive: true }) });
  return made;
}

function fileWith(content: string | Uint8Array): string {
  const path = join(folder(), 'file');
  writeFileSync(path, content);
  return path;
}

/** Bytes that are different everywhere. */
function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i + 4 <= length; i += 4) bytes.writeUInt32LE((i * 2654435761) >>> 0, i);
  return bytes;
}

function opened(port: CompletionPort, path: string, options = {}): number {
  const handle = openHandle(path, options);
  port.associate(handle, handle);
  return handle;
}

/** The bytes of a call that may be done at once, at the end of a file, or with a packet. */
function bytesOf(port: CompletionPort, overlapped: Overlapped, result: number): number {
  return result === WOULD_BLOCK ? finish(port, overlapped).bytes : result;
}

describe('readFile', () => {
  test('a part of a file; at its end what is left, and then nothing', () => {
    const port = newPort();
    const handle = opened(port, fileWith('hello world'));
    const [overlapped, buffer] = [new Overlapped(), new Uint8Array(5)];
    for (const [offset, expected] of [
      [0, 'hello'],
      [6, 'world'],
      [9, 'ld'],
      [11, ''],
      [1e9, ''],
    ] as const) {
      const count = bytesOf(port, overlapped, readFile(handle, buffer, offset, overlapped));
      expect(Buffer.from(buffer.subarray(0, count)).toString(), `at ${offset}`).toBe(expected);
    }
    expectNoPacket(port);
  });

  test('the end of the file that comes as a packet is not an error', () => {
    const port = newPort();
    const handle = opened(port, fileWith('x'));
    const overlapped = new Overlapped();
    if (readFile(handle, new Uint8Array(1), 4, overlapped) !== WOULD_BLOCK) return;
    expect(takePacket(port)).toMatchObject({ bytes: 0, status: STATUS_END_OF_FILE, error: null });
  });

  test('many at once, each with its own part', () => {
    const content = pattern(1 << 20);
    const port = newPort();
    const handle = opened(port, fileWith(content));
    const parts = Array.from({ length: 64 }, (_, i) => new Overlapped({ i, buffer: new Uint8Array(16384) }));
    for (const part of parts) {
      const result = readFile(handle, part.data.buffer, part.data.i * 16384, part);
      expect(result).toBe(WOULD_BLOCK);
    }
    for (const packet of takePackets(port, parts.length)) expect(packet).toMatchObject({ bytes: 16384, error: null });
    expect(Buffer.concat(parts.map(({ data }) => data.buffer)).equals(content)).toBe(true);
  });

  test('a handle that may not be read is refused', () => {
    const port = newPort();
    const handle = opened(port, fileWith('x'), { access: GENERIC_WRITE });
    expectSystemError(() => readFile(handle, new Uint8Array(1), 0, new Overlapped()), 'EPERM', {
      syscall: 'ReadFile',
      fd: handle,
    });
  });
});

describe('writeFile', () => {
  test('bytes anywhere, also beyond 4 GiB', () => {
    const path = join(folder(), 'file');
    const port = newPort();
    const handle = opened(port, path, { access: GENERIC_READ | GENERIC_WRITE, disposition: CREATE_NEW });
    const overlapped = new Overlapped();
    const far = 2 ** 32 + 5;
    for (const [offset, content] of [
      [0, 'hello'],
      [2, 'LL'],
      [far, 'far'],
    ] as const) {
      const count = bytesOf(port, overlapped, writeFile(handle, text(content), offset, overlapped));
      expect(count).toBe(content.length);
    }
    expect(statSync(path).size).toBe(far + 3);
    const buffer = new Uint8Array(5);
    expect(bytesOf(port, overlapped, readFile(handle, buffer, 0, overlapped))).toBe(5);
    expect(Buffer.from(buffer).toString()).toBe('heLLo');
    expect(bytesOf(port, overlapped, readFile(handle, buffer, far, overlapped))).toBe(3);
    expect(Buffer.from(buffer).toString()).toBe('farLo');
  });

  test('the buffer may be used again at once', () => {
    const path = join(folder(), 'file');
    const port = newPort();
    const handle = opened(port, path, { access: GENERIC_WRITE, disposition: CREATE_ALWAYS });
    const [overlapped, buffer] = [new Overlapped(), text('hello')];
    const result = writeFile(handle, buffer, 0, overlapped);
    buffer.fill(0);
    bytesOf(port, overlapped, result);
    expect(readFileSync(path, 'latin1')).toBe('hello');
  });
});

describe('openFile and closeHandle', () => {
  test('errors name the path', () => {
    const missing = join(folder(), 'missing');
    expectSystemError(() => openFile(missing), 'ENOENT', { syscall: 'CreateFile', path: missing });
    const there = fileWith('');
    const call = () => openFile(there, { access: GENERIC_WRITE, disposition: CREATE_NEW });
    expectSystemError(call, 'EEXIST', { syscall: 'CreateFile', path: there });
  });

  test('a path that is empty or has NUL in it is a wrong argument', () => {
    for (const path of ['', 'a\0b', '\0']) expectBadArgument(() => openFile(path));
  });

  test('a handle is closed once, and no number but its own is ever closed', () => {
    const handle = openFile(join(folder(), 'file'), { access: GENERIC_WRITE, disposition: OPEN_ALWAYS });
    closeHandle(handle);
    expectSystemError(() => closeHandle(handle), 'EBADF', { syscall: 'CloseHandle', fd: handle });
    const [a, b] = associatedPair(newPort());
    expectSystemError(() => closeHandle(b), 'EBADF');
    expect(socket.send(b, text('x'))).toBe(1);
    expect(recvAll(a, 1).toString()).toBe('x');
  });

  test('a closed handle is on no port any more', () => {
    const port = newPort();
    const handle = opened(port, fileWith('x'));
    closeHandle(handle);
    expectInvalidState(() => readFile(handle, new Uint8Array(1), 0, new Overlapped()));
  });
});

test('a named pipe, here to a server of Node', async () => {
  const name = `\\\\.\\pipe\\fdreactor-${process.pid}`;
  const server = createServer((connection) => connection.pipe(connection)).listen(name);
  await once(server, 'listening');
  const port = newPort();
  const handle = opened(port, name, { access: GENERIC_READ | GENERIC_WRITE });
  const [send, receive, buffer] = [new Overlapped('send'), new Overlapped('receive'), new Uint8Array(16)];
  expect(readFile(handle, buffer, 0, receive)).toBe(WOULD_BLOCK);
  expect(writeFile(handle, text('hello'), 0, send)).toBe(WOULD_BLOCK);
  const packets: Packet[] = [];
  await eventually('both are done', () => packets.push(...packetsNow(port)) === 2);
  expect(packets.map(({ overlapped, bytes, error }) => [overlapped?.data, bytes, error]).sort()).toEqual([
    ['receive', 5, null],
    ['send', 5, null],
  ]);
  expect(Buffer.from(buffer).toString('latin1', 0, 5)).toBe('hello');
  closeHandle(handle);
  server.close();
  await once(server, 'close');
});

describe('transmitFile', () => {
  const content = '0123456789';

  test.each([
    ['a whole file', {}, content],
    ['from an offset', { offset: 4 }, '456789'],
    ['a range', { offset: 4, count: 3 }, '456'],
    ['between head and tail', { offset: 8, head: text('<'), tail: text('>') }, '<89>'],
    ['after a head', { head: text('head:'), count: 1 }, 'head:0'],
    ['before a tail', { tail: text(':tail'), count: 1 }, '0:tail'],
    ['no byte of it', { count: 0, head: text('<'), tail: text('>') }, '<>'],
  ])('%s', (_, options, expected) => {
    const port = newPort();
    const [a, b] = associatedPair(port);
    const overlapped = new Overlapped();
    const file = openHandle(fileWith(content));
    expect(transmitFile(a, file, overlapped, options)).toBe(WOULD_BLOCK);
    expect(finish(port, overlapped)).toMatchObject({ key: a, bytes: expected.length });
    socket.shutdown(a, socket.SHUT_WR);
    expect(recvAll(b).toString()).toBe(expected);
  });

  test('head and tail without a file', () => {
    const port = newPort();
    const [a, b] = associatedPair(port);
    const overlapped = new Overlapped();
    transmitFile(a, null, overlapped, { head: text('head'), tail: text('tail') });
    expect(finish(port, overlapped).bytes).toBe(8);
    expect(recvAll(b, 8).toString()).toBe('headtail');
  });

  const noDisconnect = 'its TransmitFile() does not disconnect';
  testWith({ notUnderWine: noDisconnect }, 'TF_DISCONNECT: the peer reads the end of the stream', () => {
    const port = newPort();
    const [a, b] = associatedPair(port);
    const overlapped = new Overlapped();
    transmitFile(a, openHandle(fileWith(content)), overlapped, { flags: TF_DISCONNECT });
    expect(recvAll(b).toString()).toBe(content);
    socket.close(b);
    expect(finish(port, overlapped).bytes).toBe(content.length);
  });

  test('what is no file is refused', () => {
    const port = newPort();
    const [a, b] = associatedPair(port);
    const overlapped = new Overlapped();
    const error = caught(() => transmitFile(a, 2 ** 31 - 4, overlapped));
    expect(error).toMatchObject({ code: expect.stringMatching(/^(EBADF|ENOTSOCK)$/), syscall: 'TransmitFile', fd: a });
    expectInvalidState(() => transmitFile(b, null, overlapped));
    expect(port.pending).toBe(0);
  });
});
