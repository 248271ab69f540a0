// examples/websocket-echo: messages come back as they were, to the clients of `ws` and of undici; what breaks the
// protocol ends with the code for it; peers that do not read, do not answer or vanish cost the others nothing.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket as UndiciSocket } from 'undici';
import { expect, test } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { dispose } from '../helpers/owned.js';
import { eventually } from '../helpers/patience.js';
import { bytes, connect, readExactly, readToEnd, sha256 } from './clients.js';
import { type Running, start } from './running.js';

const MIB = 1024 * 1024;

async function open(server: Running, options: ClientOptions = {}): Promise<WebSocket> {
  const client = new WebSocket(`ws://127.0.0.1:${server.port()}`, { perMessageDeflate: false, ...options });
  dispose({ close: () => client.terminate() });
  client.on('error', () => {}); // a reset is told by 'close' as well
  await once(client, 'open');
  return client;
}

/** What comes back for a message. */
async function echoOf(client: WebSocket, message: string | Buffer): Promise<string | Buffer> {
  client.send(message);
  const [data, isBinary] = (await once(client, 'message')) as [Buffer, boolean];
  return isBinary ? data : data.toString();
}

async function codeOf(client: WebSocket): Promise<number> {
  const [code] = (await once(client, 'close')) as [number];
  return code;
}

const HANDSHAKE = [
  'GET / HTTP/1.1',
  'Host: x',
  'Connection: keep-alive, Upgrade',
  'Upgrade: WebSocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];
const head = (lines: string[]): string => `${lines.join('\r\n')}\r\n\r\n`;

/** A socket on which the handshake is done. */
async function shakenHands(server: Running) {
  const socket = await connect(server.port());
  for (const byte of Buffer.from(head(HANDSHAKE))) socket.setNoDelay(true).write(Buffer.of(byte));
  const answer = (await readExactly(socket, 129)).toString();
  expect(answer).toMatch(/^HTTP\/1.1 101 .*\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n\r\n$/s); // RFC 6455, 1.3
  return socket;
}

test('text and binary messages of all forms of length', async () => {
  const client = await open(await start('websocket-echo'));
  for (const length of [0, 1, 125, 126, 65_535, 65_536, MIB]) {
    const binary = bytes(length);
    expect(sha256((await echoOf(client, binary)) as Buffer)).toBe(sha256(binary));
    const text = 'ü€😀x'.repeat(length / 4);
    expect(await echoOf(client, text)).toBe(text);
  }
});

test('another client: that of undici', async () => {
  const server = await start('websocket-echo');
  const client = new UndiciSocket(`ws://127.0.0.1:${server.port()}`);
  client.binaryType = 'arraybuffer';
  await once(client, 'open');
  for (const message of ['text', 'x'.repeat(MIB)]) {
    client.send(message);
    const [event] = await once(client, 'message');
    expect(event.data).toBe(message);
  }
  client.send(new Uint8Array(MIB).fill(7));
  const [event] = await once(client, 'message');
  expect(event.data).toEqual(new Uint8Array(MIB).fill(7).buffer);
  client.close(4001, 'done');
  const [closed] = await once(client, 'close');
  expect([closed.code, closed.wasClean]).toEqual([4001, true]);
});

test('fragments come back as one message; a ping between them is answered', async () => {
  const client = await open(await start('websocket-echo'));
  const pong = once(client, 'pong');
  const message = once(client, 'message');
  client.send('one ', { fin: false });
  client.ping('now');
  client.send('', { fin: false });
  client.send('message', { fin: true });
  expect((await pong).toString()).toBe('now');
  expect((await message).toString()).toBe('one message,false');
});

test('the code with which the client closes comes back', async () => {
  const server = await start('websocket-echo');
  for (const code of [undefined, 1000, 1001, 3000, 4999]) {
    const client = await open(server);
    client.close(code, code === undefined ? undefined : 'reason');
    expect(await codeOf(client)).toBe(code ?? 1005);
  }
});

/** Frames whose mask is 0, so that the payload is as it is written. */
const mask = [0, 0, 0, 0];
const faults: [what: string, frame: number[], code: number][] = [
  ['a frame that is not masked', [0x81, 1, 0x78], 1002],
  ['reserved bits', [0xf1, 0x80, ...mask], 1002],
  ['an opcode that is not', [0x83, 0x80, ...mask], 1002],
  ['a continuation of nothing', [0x80, 0x80, ...mask], 1002],
  ['a fragment of a ping', [0x09, 0x80, ...mask], 1002],
  ['a code that is not', [0x88, 0x82, ...mask, 0x03, 0xed], 1002], // 1005
  ['text that is not UTF-8', [0x81, 0x82, ...mask, 0xc3, 0x28], 1007],
  ['a message of 4 GiB', [0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, ...mask], 1009],
];

const fragment = [0x00, 0x81, ...mask, 0x78];
faults.push([
  'a message of many fragments',
  [0x01, ...fragment.slice(1), ...Array(20_000).fill(fragment).flat()],
  1008,
]);

test.each(faults)('%s ends the connection with the code for it', async (_what, frame, code) => {
  const server = await start('websocket-echo');
  const socket = await shakenHands(server);
  socket.write(Buffer.from(frame));
  expect([...(await readToEnd(socket))]).toEqual([0x88, 2, code >> 8, code & 0xff]);
  await echoOf(await open(server), 'others are served');
  expect(server.stderr).toBe('');
});

test('what is no handshake is refused', async () => {
  const server = await start('websocket-echo');
  const without = (name: string): string => head(HANDSHAKE.filter((line) => !line.startsWith(name)));
  const refused = [
    ...['Connection', 'Upgrade', 'Sec-WebSocket-Version', 'Sec-WebSocket-Key'].map((name) => [without(name), 426]),
    [head(['POST / HTTP/1.1', ...HANDSHAKE.slice(1)]), 426],
    ['hello\r\n\r\n', 400],
    [`${head(HANDSHAKE)}\x81\x80\0\0\0\0`, 400], // RFC 6455, 4.1: nothing is sent before the answer
  ] as [string, number][];
  for (const [text, status] of refused) {
    const socket = await connect(server.port());
    socket.write(text, 'latin1');
    expect([text, (await readToEnd(socket)).toString()]).toEqual([text, expect.stringMatching(`^HTTP/1.1 ${status} `)]);
    socket.destroy();
  }
});

test('a peer that does not read is not read from, delays no other, and gets all in the end', async () => {
  const server = await start('websocket-echo');
  const other = await open(server);
  await echoOf(other, bytes(MIB));
  const before = server.ownBytes();
  const greedy = await open(server);
  greedy.pause();
  const sent = Array.from({ length: 96 }, () => bytes(MIB));
  const received: string[] = [];
  greedy.on('message', (data: Buffer) => received.push(sha256(data)));
  for (const message of sent) greedy.send(message);
  let left: number;
  do {
    left = greedy.bufferedAmount;
    for (let i = 0; i < 20; i++) expect(await echoOf(other, `still here ${i}`)).toBe(`still here ${i}`);
    await delay(50);
  } while (greedy.bufferedAmount !== left);
  expect(left).toBeGreaterThan(MIB);
  expect(server.ownBytes() - before).toBeLessThan(64 * MIB); // garbage included
  greedy.resume();
  await eventually('all have come', () => received.length === sent.length, 30_000);
  expect(received).toEqual(sent.map(sha256));
});

test('a peer that answers no ping is closed, one that does is not', async () => {
  const server = await start('websocket-echo', ['--idle', 1]);
  const [silent, alive] = [await open(server, { autoPong: false }), await open(server)];
  let pings = 0;
  alive.on('ping', () => pings++);
  expect(await codeOf(silent)).toBe(1006);
  await eventually('more pings', () => pings > 2);
  expect(await echoOf(alive, 'still here')).toBe('still here');
});

test('resets at every point leak nothing', async () => {
  const server = await start('websocket-echo');
  await echoOf(await open(server), 'one stays');
  const before = server.openFds();
  for (let round = 0; round < 10; round++) {
    const sockets = await Promise.all([connect(server.port()), connect(server.port()), shakenHands(server)]);
    sockets[1]?.write('GET / HTTP/1.1\r\nUpgr');
    sockets[2]?.write(Buffer.from([0x81, 0xfe, 0xff, 0xff, ...mask, 0x78])); // the beginning of a message
    for (const socket of sockets) socket.resetAndDestroy();
    const client = await open(server);
    client.send(bytes(MIB));
    client.terminate();
  }
  await server.leaksNothing(before);
  await echoOf(await open(server), 'alive');
  expect(server.stderr).toBe('');
});

test('SIGTERM: the peers get 1001, and the process ends with exit code 0', async () => {
  const server = await start('websocket-echo');
  const [client, stranger] = [await open(server), await connect(server.port())];
  await echoOf(client, 'x');
  const code = codeOf(client);
  const stopped = server.stop();
  expect(await code).toBe(1001);
  expect(await readToEnd(stranger)).toHaveLength(0);
  expect([await stopped, server.stderr]).toEqual([0, '']);
});
