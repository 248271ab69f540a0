// Writes by await: back-pressure, flush(), end(), files, and detach(), which loses nothing.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capabilities } from 'fdreactor';
import { adopt } from 'fdreactor/async';
import { afterAll, expect } from 'vitest';
import { own, ownFile } from '../../helpers/owned.js';
import { recvAll, reset, sendAll, tcpPair } from '../../helpers/pairs.js';
import { eventually } from '../../helpers/patience.js';
import { asyncTest, bothEnds, codeOf, pair, readAll } from './pairs.js';

asyncTest('write() returns nothing while there is room, else a promise until the kernel has all', async (reactor) => {
  const [left, right] = bothEnds(reactor, { highWaterMark: 10_000, maxQueued: 1e9 });
  expect(left.write('small')).toBeUndefined();
  const bytes = randomBytes(5_000_000);
  let isSent = false;
  const write = left.write(bytes);
  expect(write).toBeInstanceOf(Promise);
  void Promise.resolve(write).then(() => {
    isSent = true;
  });
  expect(left.writev([bytes.subarray(0, 5), bytes.subarray(5, 10)])).toBe(write);
  await eventually('the peer rests', () => right.unread > 65_536);
  expect(isSent).toBe(false);
  const all = await right.readExactly(5 + bytes.length + 10);
  expect(all?.subarray(5, 5 + bytes.length).equals(bytes)).toBe(true);
  await write;
  expect(left.queued).toBe(0);
});

asyncTest(
  'a signal ends the wait of a write, and the bytes arrive; aborted before, nothing is taken',
  async (reactor) => {
    const [left, right] = bothEnds(reactor, { highWaterMark: 10_000, maxQueued: 1e9 });
    const controller = new AbortController();
    const { signal } = controller;
    expect(left.write('c2E=', { encoding: 'base64', signal })).toBeUndefined();
    const waits = [left.write(Buffer.alloc(5_000_000), { signal }), left.writev([Buffer.alloc(10)], { signal })];
    const other = left.write('z');
    controller.abort();
    for (const wait of waits) expect(await codeOf(() => wait)).toBe('ABORT_ERR');
    expect(await codeOf(() => left.write('never', { signal }))).toBe('ABORT_ERR');
    expect(await codeOf(() => left.writev([Buffer.from('never')], { signal }))).toBe('ABORT_ERR');
    expect(left.bytesWritten).toBe(2 + 5_000_000 + 10 + 1);
    const all = await right.readExactly(2 + 5_000_000 + 10 + 1);
    expect(all?.subarray(0, 3).toString()).toBe('sa\0');
    expect(all?.at(-1)).toBe('z'.charCodeAt(0));
    await other;
    for (const wrong of [null, 5, { signal: 5 }, { encoding: 5 }])
      expect(await codeOf(() => left.write('x', wrong as never)), String(wrong)).toMatch(/^ERR_(INVALID_ARG|UNKNOWN)/);
  },
);

asyncTest('flush() waits until the kernel has all, whatever the mark, and after end() as well', async (reactor) => {
  const [left, right] = bothEnds(reactor, { highWaterMark: 1e9, maxQueued: 1e9 });
  expect(left.flush()).toBeUndefined();
  expect(left.write('now')).toBeUndefined();
  expect(left.flush()).toBeUndefined();
  expect(left.write(Buffer.alloc(4_000_000))).toBeUndefined();
  const flush = left.flush();
  expect(flush).toBeInstanceOf(Promise);
  left.end('the end');
  const ended = left.flush();
  expect((await readAll(right)).length).toBe(4_000_010);
  await Promise.all([flush, ended]);
  right.end();
  await eventually('it is closed', () => left.closed);
  expect(left.flush()).toBeUndefined();
});

asyncTest('writes on a connection that was ended or closed are refused', async (reactor) => {
  const { connection } = pair(reactor);
  connection.end();
  expect(await codeOf(() => connection.write('x'))).toBe('ERR_INVALID_STATE');
  connection.close();
  expect(await codeOf(() => connection.write('x'))).toBe('ERR_INVALID_STATE');
  expect(await codeOf(() => connection.flush())).toBe('ERR_INVALID_STATE');
  expect(await codeOf(() => connection.write(5 as never))).toBe('ERR_INVALID_ARG_TYPE');
});

asyncTest('a reset by the peer fails what waits for room, with its error', async (reactor) => {
  const [fd, peer] = tcpPair();
  const connection = adopt(reactor, fd, { highWaterMark: 1000, maxQueued: 1e9 });
  const write = codeOf(() => connection.write(Buffer.alloc(20_000_000)));
  reset(peer);
  expect(await write).toMatch(/^(ECONNRESET|EPIPE)$/);
  expect(await codeOf(() => connection.flush())).toMatch(/^(ECONNRESET|EPIPE)$/);
});

asyncTest('more than maxQueued fails the write with ERR_QUEUE_FULL', async (reactor) => {
  const { connection } = pair(reactor, { maxQueued: 1000 });
  const codes = await Promise.all([
    codeOf(() => connection.write(Buffer.alloc(5_000_000))),
    codeOf(() => connection.read(new Uint8Array(5))),
  ]);
  expect(codes).toEqual(['ERR_QUEUE_FULL', 'ERR_QUEUE_FULL']);
});

asyncTest('detach() gives what is unread, what is unsent, and the fd', async (reactor) => {
  const { connection, peer } = pair(reactor, { highWaterMark: 1e9 });
  sendAll(peer, Buffer.from('0123456789'));
  await connection.readExactly(4);
  const { fd, unread, unsent } = connection.detach();
  own(fd);
  expect(unread.toString()).toBe('456789');
  expect(unsent.length).toBe(0);
  expect(connection.closed).toBe(true);
  sendAll(fd, Buffer.from('still open'));
  expect(recvAll(peer, 10).toString()).toBe('still open');
  expect(await codeOf(() => connection.read(new Uint8Array(1)))).toBe('ERR_INVALID_STATE');
});

asyncTest('an idle time-out fails what waits', async (reactor) => {
  const { connection } = pair(reactor, { idleTimeoutMs: 20 });
  expect(await codeOf(() => connection.read(new Uint8Array(5)))).toBe('ETIMEDOUT');
  expect(connection.closed).toBe(true);
});

asyncTest('await using ends the connection when all is sent', async (reactor) => {
  const [left, right] = bothEnds(reactor, { highWaterMark: 1e9, maxQueued: 1e9 });
  const read = readAll(right);
  {
    await using connection = left;
    connection.write(Buffer.alloc(3_000_000));
  }
  expect(left.closed).toBe(true);
  expect((await read).length).toBe(3_000_000);
});

if (capabilities().sendfile) {
  const folder = mkdtempSync(join(tmpdir(), 'fdreactor-'));
  // Windows removes no file that is open, and keeps one until it has given up sending it.
  afterAll(() => rmSync(folder, { recursive: true, maxRetries: 20 }));

  let files = 0;
  const inFile = (bytes: Uint8Array): number => {
    const path = join(folder, `${++files}`);
    writeFileSync(path, bytes);
    return openSync(path, 'r');
  };

  asyncTest('sendFile() resolves when the file is sent, between the bytes around it', async (reactor) => {
    const bytes = randomBytes(3_000_000);
    const file = ownFile(inFile(bytes));
    const [left, right] = bothEnds(reactor);
    left.write('before');
    const sent = left.sendFile(file);
    left.write('behind');
    const all = await right.readExactly(bytes.length + 12);
    expect(all?.equals(Buffer.concat([Buffer.from('before'), bytes, Buffer.from('behind')]))).toBe(true);
    await sent;
    await left.sendFile(file, 10, 10);
  });

  asyncTest(
    'sendFile() resolves if its last byte is sent, though the connection closes in the same turn',
    async (reactor) => {
      const file = inFile(Buffer.from('whole'));
      const { connection } = pair(reactor);
      const sent = connection.sendFile(file, 0, 5, { close: true });
      connection.flush();
      connection.close();
      await sent;
    },
    { notOnWindows: 'a file goes in the background: close() may come before its last byte is sent' },
  );

  asyncTest('sendFile() rejects if the connection ends before, or its wait does', async (reactor) => {
    const file = ownFile(inFile(Buffer.alloc(8_000_000)));
    const { connection } = pair(reactor);
    const cut = codeOf(() => connection.sendFile(file));
    connection.close();
    expect(await cut).toBe('ERR_INVALID_STATE');
    expect(await codeOf(() => connection.sendFile(file))).toBe('ERR_INVALID_STATE');
    const [left, right] = bothEnds(reactor);
    const controller = new AbortController();
    const aborted = codeOf(() => left.sendFile(file, 0, 8_000_000, { signal: controller.signal }));
    left.writeDeadline = performance.now() + 30;
    const late = codeOf(() => left.sendFile(file, 0, 10));
    controller.abort();
    expect(await aborted).toBe('ABORT_ERR');
    expect(await late).toBe('ETIMEDOUT');
    expect((await right.readExactly(8_000_010))?.length).toBe(8_000_010);
    left.writeDeadline = 0;
    expect(await codeOf(() => left.sendFile(-1))).toBe('ERR_OUT_OF_RANGE');
    expect(await codeOf(() => left.sendFile(99_999))).toBe('EBADF');
  });
}
