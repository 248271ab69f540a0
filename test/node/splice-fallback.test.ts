// splice() through this process ({ fallback: true }), where splice(2) cannot be used: the same result, the same ends
// and the same errors. Its sockets are TLS sockets of node:tls.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type net from 'node:net';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { type NodeSpliceOptions, type SplicedSockets, splice } from 'fdreactor/node';
import { expect, test } from 'vitest';
import { dispose } from '../helpers/owned.js';
import { eventually } from '../helpers/patience.js';
import { expectInvalidState } from '../helpers/throws.js';
import { Client, type Outcome, outcome, portOf, serveRaw } from './servers.js';

const pem = readFileSync(fileURLToPath(new URL('localhost.pem', import.meta.url)));

interface Joined {
  secure: tls.TLSSocket;
  b: net.Socket;
  /** The TLS client of `secure`. */
  left: tls.TLSSocket;
  leftGot: () => Buffer;
  right: Client;
  result: Outcome<SplicedSockets> | null;
}

/** A TLS connection on one side, a plain one on the other. */
async function joined(options: NodeSpliceOptions = {}, before: (secure: net.Socket, b: net.Socket) => void = () => {}) {
  const secures: tls.TLSSocket[] = [];
  const plains: net.Socket[] = [];
  const server = tls.createServer({ key: pem, cert: pem, allowHalfOpen: true }, (socket) => secures.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const target = await serveRaw((socket) => plains.push(socket));
  const client = { port: portOf(server), host: '127.0.0.1', ca: pem, servername: 'localhost', allowHalfOpen: true };
  const left = tls.connect(client as tls.ConnectionOptions);
  const parts: Buffer[] = [];
  left.on('data', (part) => parts.push(part));
  left.on('error', () => {});
  const right = new Client(target, { allowHalfOpen: true });
  dispose({
    close() {
      left.destroy();
      server.close();
    },
  });
  await eventually('both are connected', () => secures.length === 1 && plains.length === 1);
  const [secure, b] = [secures[0] as tls.TLSSocket, plains[0] as net.Socket];
  before(secure, b);
  const made: Joined = { secure, b, left, leftGot: () => Buffer.concat(parts), right, result: null };
  void outcome(splice(secure, b, { fallback: true, ...options })).then((result) => {
    made.result = result;
  });
  return made;
}

const isOver = (made: Joined): Promise<void> => eventually('it is over', () => made.result !== null);

test('both ways at once, what was written and read before, and the end of each', async () => {
  const [up, down] = [randomBytes(3_000_000), randomBytes(2_000_000)];
  const made = await joined({}, (secure, b) => {
    secure.write('written before, ');
    b.unshift(Buffer.from('put back, '));
  });
  made.left.end(up);
  made.right.socket.write(down);
  await eventually('one end comes', () => made.right.hasEnded);
  expect(made.right.received.equals(up)).toBe(true);
  expect(made.b.destroyed).toBe(false);
  made.right.socket.end();
  await isOver(made);
  expect(made.result).toEqual({ value: { aToB: up.length, bToA: down.length + 10, via: 'copy' } });
  const expected = Buffer.concat([Buffer.from('written before, put back, '), down]);
  await eventually('all has come', () => made.leftGot().length === expected.length);
  expect(made.leftGot().equals(expected)).toBe(true);
  expect([made.secure.destroyed, made.b.destroyed]).toEqual([true, true]);
});

test('a side that does not read holds the other one back', async () => {
  const made = await joined();
  made.right.socket.pause();
  made.left.write(Buffer.alloc(40_000_000));
  let before = -1;
  await eventually('it stands', () => {
    const now = made.secure.bytesRead;
    const isStalled = now > 0 && now === before;
    before = now;
    return isStalled;
  });
  expect(made.b.writableLength).toBeLessThan(1_000_000);
  made.right.socket.resume();
  made.left.end();
  made.right.socket.end();
  await isOver(made);
  expect(made.result).toMatchObject({ value: { aToB: 40_000_000, via: 'copy' } });
});

test.each<[string, (made: Joined) => void, RegExp]>([
  ['a peer resets', ({ right }) => right.socket.resetAndDestroy(), /^(ECONNRESET|EPIPE)$/],
  ['destroy()', ({ b }) => b.destroy(), /^ECONNABORTED$/],
  ['destroy(error) of the TLS socket', ({ secure }) => secure.destroy(new Error('mine')), /^ECONNABORTED$/],
])('%s: the error is that of splice(), and both end', async (_name, act, code) => {
  const made = await joined();
  made.left.write('x');
  await eventually('it goes', () => made.right.text === 'x');
  act(made);
  await isOver(made);
  expect(made.result).toMatchObject({ error: { name: 'SystemError', code: expect.stringMatching(code) } });
  expect([made.secure.destroyed, made.b.destroyed]).toEqual([true, true]);
});

test('an AbortSignal and timeoutMs end it', async () => {
  const controller = new AbortController();
  const one = await joined({ signal: controller.signal });
  controller.abort();
  await isOver(one);
  expect(one.result).toMatchObject({ error: { name: 'AbortError' } });
  const two = await joined({ timeoutMs: 100 });
  await isOver(two);
  expect(two.result).toMatchObject({ error: { code: 'ETIMEDOUT' } });
});

test('write() and end() by others: ERR_INVALID_STATE; listeners get nothing', async () => {
  const got: unknown[] = [];
  const made = await joined({}, (secure) => secure.on('data', (part) => got.push(part)));
  for (const socket of [made.secure, made.b]) {
    expectInvalidState(() => socket.write('mine'));
    expectInvalidState(() => socket.end());
  }
  made.left.end('whole');
  made.right.socket.end();
  await isOver(made);
  await eventually('all has come', () => made.right.text === 'whole');
  expect(got).toEqual([]);
});

test('with fallback, plain sockets go by splice(2) where there is one', async () => {
  const accepted: net.Socket[] = [];
  const server = await serveRaw((socket) => accepted.push(socket));
  const clients = [new Client(server, { allowHalfOpen: true }), new Client(server, { allowHalfOpen: true })];
  await eventually('both are accepted', () => accepted.length === 2);
  const splicing = splice(accepted[0] as net.Socket, accepted[1] as net.Socket, { fallback: true });
  for (const { socket } of clients) socket.end();
  const { aToB, bToA, via } = await splicing;
  expect([aToB, bToA]).toEqual([0, 0]);
  expect(['splice', 'copy']).toContain(via);
});
