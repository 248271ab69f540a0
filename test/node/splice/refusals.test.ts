// What splice() refuses: each with a typed error, and both sockets are as they were.
import http from 'node:http';
import net from 'node:net';
import { PassThrough } from 'node:stream';
import tls from 'node:tls';
import { Interest, Reactor } from 'fdreactor';
import { fdOf, type NodeSpliceOptions, sharedReactor, splice } from 'fdreactor/node';
import { expect, test } from 'vitest';
import { dispose } from '../../helpers/owned.js';
import { eventually } from '../../helpers/patience.js';
import { Client, outcome, portOf, serve, serveRaw, wrongValues } from '../servers.js';
import { type Ends, ends, isOver, join } from './ends.js';

async function codeOf(a: unknown, b: unknown, options?: NodeSpliceOptions): Promise<string | undefined> {
  const result = await outcome(splice(a as net.Socket, b as net.Socket, options));
  if (!('error' in result)) throw new Error(`not refused: ${JSON.stringify(result)}`);
  return result.error.code;
}

/** Both ways of the two work on: Node reads them, and writes to them. */
async function expectUnharmed({ a, b, left, right }: Ends): Promise<void> {
  const [fromLeft, fromRight]: [string[], string[]] = [[], []];
  a.on('data', (part) => fromLeft.push(part.toString()));
  b.on('data', (part) => fromRight.push(part.toString()));
  left.socket.write('left');
  right.socket.write('right');
  a.write('a');
  b.write('b');
  await eventually('all has come', () => fromLeft.join('').endsWith('left') && fromRight.join('').endsWith('right'));
  await eventually('all went', () => left.text.endsWith('a') && right.text.endsWith('b'));
}

test('any value in any argument is a typed rejection, and both sockets are as they were', async () => {
  const found = await ends();
  const { a, b } = found;
  for (const value of [...wrongValues, new PassThrough(), net.createServer()]) {
    expect(await codeOf(value, b)).toBe('ERR_INVALID_ARG_TYPE');
    expect(await codeOf(a, value)).toBe('ERR_INVALID_ARG_TYPE');
  }
  for (const [i, value] of wrongValues.entries()) {
    if (value === undefined) continue;
    const isObject = typeof value === 'object' && value !== null;
    if (!isObject) expect(await codeOf(a, b, value as object), `options ${i}`).toBe('ERR_INVALID_ARG_TYPE');
    expect(await codeOf(a, b, { signal: value as AbortSignal }), `signal ${i}`).toBe('ERR_INVALID_ARG_TYPE');
    if (typeof value !== 'boolean')
      expect(await codeOf(a, b, { fallback: value as boolean }), `fallback ${i}`).toBe('ERR_INVALID_ARG_TYPE');
    if (typeof value !== 'number')
      expect(await codeOf(a, b, { timeoutMs: value as number }), `timeoutMs ${i}`).toBe('ERR_INVALID_ARG_TYPE');
  }
  for (const timeoutMs of [-2, -0.5, Number.NaN, Number.NEGATIVE_INFINITY]) {
    expect(await codeOf(a, b, { timeoutMs })).toBe('ERR_OUT_OF_RANGE');
  }
  await expectUnharmed(found);
});

test('the same socket twice', async () => {
  const found = await ends();
  expect(await codeOf(found.a, found.a)).toBe('ERR_INVALID_ARG_VALUE');
  await expectUnharmed(found);
});

test('one that is new, connecting, closed or ended', async () => {
  const found = await ends();
  const { a, b } = found;
  const server = await serveRaw(() => {});
  const connecting = (): net.Socket => {
    const { socket } = dispose({ socket: net.connect(portOf(server), '127.0.0.1'), close: () => socket.destroy() });
    return socket;
  };
  const other = await ends({ allowHalfOpen: true });
  other.a.end();
  other.b.destroy();
  for (const make of [() => new net.Socket(), connecting, () => other.a, () => other.b]) {
    expect(await codeOf(a, make())).toBe('ERR_INVALID_STATE');
    expect(await codeOf(make(), b)).toBe('ERR_INVALID_STATE');
    expect(await codeOf(make(), b, { fallback: true })).toBe('ERR_INVALID_STATE');
  }
  await expectUnharmed(found);
});

test("in a listener of 'end', where Node is about to end the other half as well", async () => {
  const found = await ends({ allowHalfOpen: false });
  const { a, b, left } = found;
  let code: string | undefined;
  a.on('end', async () => {
    code = await codeOf(a, b);
  });
  a.resume();
  left.socket.end();
  await eventually('it is refused, and Node ends it', () => code !== undefined && a.writableEnded);
  expect(code).toBe('ERR_INVALID_STATE');
});

test('one with an encoding', async () => {
  const found = await ends();
  const { a, b } = found;
  b.setEncoding('utf8');
  expect(await codeOf(a, b)).toBe('ERR_INVALID_STATE');
  expect(await codeOf(b, a, { fallback: true })).toBe('ERR_INVALID_STATE');
  await expectUnharmed(found);
});

test('one that is piped, into it or out of it; after unpipe() it is taken', async () => {
  const found = await ends();
  const { a, b, left, right } = found;
  const sink = new PassThrough();
  a.pipe(sink);
  expect(await codeOf(a, b)).toBe('ERR_INVALID_STATE');
  expect(await codeOf(b, a)).toBe('ERR_INVALID_STATE');
  a.unpipe(sink);
  const source = new PassThrough();
  source.pipe(b);
  expect(await codeOf(a, b)).toBe('ERR_INVALID_STATE');
  source.unpipe(b);
  const joined = join(found);
  left.socket.end('taken');
  right.socket.end();
  expect(await isOver(joined)).toEqual({ value: { aToB: 5, bToA: 0, via: 'splice' } });
});

test('one that node:http reads, in a server and in a client', async () => {
  const found = await ends();
  const codes: unknown[] = [];
  const server = await serve(async (request, response) => {
    codes.push(await codeOf(request.socket, found.b));
    response.end('fine');
  });
  const request = http.get({ port: portOf(server), host: '127.0.0.1', agent: false }, async (response) => {
    codes.push(await codeOf(found.a, response.socket));
    response.resume();
  });
  await eventually('the answer', () => codes.length === 2);
  request.destroy();
  expect(codes).toEqual(['ERR_INVALID_STATE', 'ERR_INVALID_STATE']);
  await expectUnharmed(found);
});

test('one that a TLS socket was made of; a TLS socket itself is not spliced', async () => {
  const found = await ends();
  const { a, b } = found;
  const other = await ends();
  const secure = tls.connect({ socket: other.a });
  secure.on('error', () => {});
  dispose({ close: () => secure.destroy() });
  expect(await codeOf(other.a, b)).toBe('ERR_INVALID_STATE');
  const result = await outcome(splice(a, secure));
  expect(result).toMatchObject({ error: { name: 'UnsupportedError', code: 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM' } });
  expect('error' in result && result.error.message).toContain('TLS');
  await expectUnharmed(found);
});

test('one whose fd a reactor of this thread watches: the shared one, or another', async () => {
  const found = await ends();
  const { a, b } = found;
  const mine = dispose(new Reactor());
  for (const reactor of [sharedReactor(), mine]) {
    for (const socket of [a, b]) {
      const registration = reactor.register(fdOf(socket), Interest.PRIORITY, () => {});
      expect(await codeOf(a, b)).toBe('ERR_INVALID_STATE');
      expect(registration.active).toBe(true);
      registration.deregister();
    }
  }
  await expectUnharmed(found);
});

test('one whose peer was destroyed meanwhile is taken, and fails as a connection does', async () => {
  const found = await ends();
  found.left.socket.resetAndDestroy();
  const joined = join(found);
  const result = await isOver(joined);
  expect(result).toMatchObject({ error: { name: 'SystemError' } });
  const client = new Client(await serveRaw((socket) => socket.end('unrelated')));
  await eventually('all else goes on', () => client.text === 'unrelated');
});
