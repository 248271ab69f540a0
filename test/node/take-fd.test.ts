// fdOf() and takeFd(): a connection of Node's leaves it with every byte, whatever Node has read of it.
import { randomBytes } from 'node:crypto';
import dgram from 'node:dgram';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { Interest } from 'fdreactor';
import { fdOf, sharedReactor, takeFd } from 'fdreactor/node';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { dispose, own } from '../helpers/owned.js';
import { eventually } from '../helpers/patience.js';
import { expectArgumentType, expectInvalidState, expectUnsupported } from '../helpers/throws.js';
import { Client, serve, serveRaw, wrongValues } from './servers.js';

/** A connection as the server has it, and its client. */
async function connection(
  options: net.ServerOpts = {},
): Promise<{ accepted: net.Socket; client: Client; server: net.Server }> {
  const found: net.Socket[] = [];
  const server = await serveRaw((accepted) => found.push(accepted), options);
  const client = new Client(server);
  await eventually('it is accepted', () => found.length === 1 && !client.socket.connecting);
  return { accepted: found[0] as net.Socket, client, server };
}

/** All that comes on an fd from now on, until there are so many bytes or its end. */
async function readAll(fd: number, length: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let total = 0;
  let isOver = false;
  const buffer = Buffer.alloc(65_536);
  await eventually('all has come', () => {
    for (;;) {
      const count = socket.recv(fd, buffer);
      if (count === 0) isOver = true;
      if (count <= 0) break;
      parts.push(Buffer.from(buffer.subarray(0, count)));
      total += count;
    }
    return isOver || total >= length;
  });
  return Buffer.concat(parts);
}

test('fdOf() is the fd that the kernel knows: of sockets and servers', async () => {
  const { accepted, client, server } = await connection();
  expect(socket.getpeername(fdOf(accepted))).toMatchObject({ port: client.socket.localPort });
  expect(socket.getsockname(fdOf(server))).toMatchObject({ port: accepted.localPort });
  const web = await serve(() => {});
  expect(socket.getsockname(fdOf(web))).toMatchObject({ port: (web.address() as net.AddressInfo).port });
  client.socket.destroy();
  expectInvalidState(() => fdOf(client.socket));
});

test('fdOf() of what has no fd: a typed error', () => {
  for (const fresh of [new net.Socket(), net.createServer(), http.createServer(), https.createServer()]) {
    expectInvalidState(() => fdOf(fresh));
  }
  const datagrams = dispose(dgram.createSocket('udp4'));
  for (const value of [...wrongValues, datagrams, { _handle: { fd: 1 } }])
    expectArgumentType(() => fdOf(value as net.Socket));
});

test('what Node has read comes along, and what comes later is on the fd', async () => {
  const { accepted, client } = await connection({ pauseOnConnect: true });
  const bytes = randomBytes(200_000);
  client.socket.write(bytes.subarray(0, 50_000));
  accepted.once('readable', () => {});
  await eventually('some was read', () => accepted.readableLength > 0);
  const { fd, unread, ended } = takeFd(accepted);
  own(fd);
  expect(ended).toBe(false);
  expect(accepted.destroyed).toBe(true);
  client.socket.write(bytes.subarray(50_000));
  const rest = await readAll(fd, bytes.length - unread.length);
  expect(Buffer.concat([unread, rest]).equals(bytes)).toBe(true);
  socket.send(fd, Buffer.from('answer'));
  await eventually('the answer', () => client.text === 'answer');
  expect(client.isClosed).toBe(false);
});

test('a socket that flows: each byte is delivered or left, none twice', async () => {
  const { accepted, client } = await connection();
  const bytes = randomBytes(2_000_000);
  const delivered: Buffer[] = [];
  let taken: ReturnType<typeof takeFd> | undefined;
  accepted.on('data', (part) => {
    delivered.push(part);
    if (delivered.length !== 3) return;
    accepted.pause(); // or it would be delivered at once
    accepted.unshift(Buffer.from('put back'));
    taken = takeFd(accepted);
    own(taken.fd);
  });
  client.socket.write(bytes);
  await eventually('it is taken', () => taken !== undefined);
  const { fd, unread } = taken as ReturnType<typeof takeFd>;
  expect(unread.subarray(0, 8).toString()).toBe('put back');
  const known = Buffer.concat([...delivered, unread.subarray(8)]);
  const rest = await readAll(fd, bytes.length - known.length);
  expect(Buffer.concat([known, rest]).equals(bytes)).toBe(true);
  expect(delivered.length).toBe(3);
});

test("the peer's end that Node has read is told", async () => {
  const { accepted, client } = await connection({ allowHalfOpen: true });
  accepted.once('readable', () => {});
  client.socket.end('last');
  await eventually('all was read', () => accepted.readableLength === 4);
  await eventually('the end as well', () => {
    const { ended } = (accepted as unknown as { _readableState: { ended: boolean } })._readableState;
    return ended;
  });
  const { fd, unread, ended } = takeFd(accepted);
  own(fd);
  expect([unread.toString(), ended]).toEqual(['last', true]);
  expect(socket.recv(fd, Buffer.alloc(1))).toBe(0);
});

test('the server forgets it, and can close', async () => {
  const { accepted, server } = await connection();
  let isClosed = false;
  accepted.on('close', () => {
    isClosed = true;
  });
  own(takeFd(accepted).fd);
  await eventually("'close' of the socket", () => isClosed);
  let serverIsClosed = false;
  server.close(() => {
    serverIsClosed = true;
  });
  await eventually('the server is closed', () => serverIsClosed);
});

test("'upgrade' of node:http: the head of the event, then unread, then the fd", async () => {
  const server = await serve(() => {});
  let taken: { fd: number; before: Buffer } | undefined;
  server.on('upgrade', (_request, upgraded: net.Socket, head: Buffer) => {
    const { fd, unread } = takeFd(upgraded);
    own(fd);
    taken = { fd, before: Buffer.concat([head, unread]) };
  });
  const client = new Client(server);
  client.socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nhead');
  await eventually('it is taken', () => taken !== undefined);
  client.socket.write(' and more');
  const { fd, before } = taken as { fd: number; before: Buffer };
  const rest = await readAll(fd, 13 - before.length);
  expect(Buffer.concat([before, rest]).toString()).toBe('head and more');
});

test('what cannot be taken is refused, and is as it was', async () => {
  const { accepted, client } = await connection();
  expectInvalidState(() => takeFd(new net.Socket()));
  expectUnsupported(() => takeFd(dispose({ socket: new tls.TLSSocket(new net.Socket()), close() {} }).socket));
  for (const value of wrongValues) expectArgumentType(() => takeFd(value as net.Socket));

  const large = Buffer.alloc(20_000_000);
  client.socket.pause();
  accepted.write(large);
  expectInvalidState(() => takeFd(accepted)); // unsent
  client.socket.resume();
  await eventually('all has come', () => client.length === large.length && accepted.writableLength === 0);
  client.socket.setEncoding('utf8');
  expectInvalidState(() => takeFd(client.socket));
  client.socket.write('still here');
  const parts: string[] = [];
  accepted.on('data', (part) => parts.push(part.toString()));
  await eventually('it still works', () => parts.join('') === 'still here');

  accepted.end();
  expectInvalidState(() => takeFd(accepted));
  accepted.destroy();
  expectInvalidState(() => takeFd(accepted));
});

test('one whose fd a reactor watches is refused: its events would come without end', async () => {
  const { accepted, client } = await connection();
  const registration = sharedReactor().register(fdOf(accepted), Interest.READABLE, () => {});
  expectInvalidState(() => takeFd(accepted));
  registration.deregister();
  client.socket.write('text');
  const { fd, unread } = takeFd(accepted);
  expect(Buffer.concat([unread, await readAll(own(fd), 4 - unread.length)]).toString()).toBe('text');
});

test('a socket that node:http reads is refused, in a server and in a client', async () => {
  let checked = 0;
  const server = await serve((request, response) => {
    expectInvalidState(() => takeFd(request.socket));
    checked++;
    response.end('fine');
  });
  server.on('connection', (accepted) => {
    expectInvalidState(() => takeFd(accepted));
    checked++;
  });
  const client = new Client(server);
  client.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually('the answer', () => client.text.endsWith('fine'));
  expect(checked).toBe(2);
});
