// examples/udp-echo: every datagram comes back to its sender, as it was.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { dispose } from '../helpers/owned.js';
import { bytes } from './clients.js';
import { start } from './running.js';

function open(type: 'udp4' | 'udp6', port: number): Socket {
  const socket = dispose(createSocket(type));
  socket.connect(port, type === 'udp4' ? '127.0.0.1' : '::1');
  return socket;
}

/** Sends it until an answer comes: the network may drop datagrams, even here. */
async function roundTrip(socket: Socket, message: Buffer): Promise<void> {
  const again = setInterval(() => socket.send(message), 200);
  socket.send(message);
  const [answer] = await once(socket, 'message');
  clearInterval(again);
  expect(answer.equals(message)).toBe(true);
}

test.each([0, 1, 1400, 9000, 65_507])('%i bytes', async (length) => {
  const echo = await start('udp-echo');
  const socket = open('udp4', echo.port());
  await once(socket, 'connect');
  await roundTrip(socket, bytes(length));
});

test('many senders get their own', async () => {
  const echo = await start('udp-echo');
  const sockets = Array.from({ length: 50 }, () => open('udp4', echo.port()));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  for (let round = 0; round < 10; round++) {
    await Promise.all(sockets.map((socket, i) => roundTrip(socket, Buffer.from(`${i}:`))));
  }
});

test('a flood does not keep it from ending, and a sender that has gone is not an error', async () => {
  const echo = await start('udp-echo');
  const flood = createSocket('udp4');
  flood.connect(echo.port(), '127.0.0.1');
  await once(flood, 'connect');
  for (let i = 0; i < 2000; i++) flood.send(bytes(100));
  await once(flood, 'message');
  await new Promise<void>((resolve) => flood.close(resolve));
  const other = open('udp4', echo.port());
  await once(other, 'connect');
  await roundTrip(other, Buffer.from('still there'));
  expect(await echo.stop()).toBe(0);
  expect(echo.stderr).toBe('');
});

test('IPv6 as well', async () => {
  const echo = await start('udp-echo', [0, '::1']);
  expect(echo.stdout).toMatch(/^listening on \[::1\]:\d+$/m);
  const socket = open('udp6', echo.port());
  await once(socket, 'connect');
  await roundTrip(socket, Buffer.from('six'));
});
