// examples/tcp-proxy: what goes in comes out, both ways, with its end; and a cut is never taken for an end.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import * as fdsocket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { dispose, own } from '../helpers/owned.js';
import { eventually } from '../helpers/patience.js';
import { bytes, connect, readExactly, readToEnd, resetAtEveryPoint, roundTrip, sha256 } from './clients.js';
import { type Running, start } from './running.js';

const MIB = 1024 * 1024;

/** A server of Node's behind the proxy. What it does with a connection is the test's. */
async function behind(serve: (socket: Socket) => void): Promise<{ server: Server; proxy: Running }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    dispose({ close: () => socket.destroy() });
    socket.on('error', () => {});
    serve(socket);
  });
  dispose({ close: () => server.close() });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { server, proxy: await start('tcp-proxy', ['127.0.0.1', (server.address() as AddressInfo).port]) };
}

const echoing = (socket: Socket): unknown => socket.pipe(socket);

test('64 MiB there and back at once', async () => {
  const { proxy } = await behind(echoing);
  const sent = bytes(64 * MIB);
  const socket = await connect(proxy.port());
  socket.end(sent);
  expect(sha256(await readToEnd(socket))).toBe(sha256(sent));
});

test('two hundred connections, each with its own bytes', async () => {
  const { proxy } = await behind(echoing);
  const before = proxy.openFds();
  const exchange = async (): Promise<void> => {
    const sent = bytes(200_000);
    const socket = await connect(proxy.port());
    socket.end(sent);
    expect(sha256(await readToEnd(socket))).toBe(sha256(sent));
  };
  await Promise.all(Array.from({ length: 200 }, exchange));
  const idlePipes = 2 * 64; // what a pool may keep
  await proxy.leaksNothing(before + idlePipes);
});

test('half-close from the client: the server answers after it has seen the end', async () => {
  const { proxy } = await behind(async (socket) => {
    const question = await readToEnd(socket);
    socket.end(`${question.length} bytes, ${sha256(question)}`);
  });
  const sent = bytes(3 * MIB);
  const socket = await connect(proxy.port());
  socket.end(sent);
  expect((await readToEnd(socket)).toString()).toBe(`${sent.length} bytes, ${sha256(sent)}`);
});

test('half-close from the server: the client goes on sending', async () => {
  const sent = bytes(3 * MIB);
  const received = new Promise<Buffer>((resolve) => {
    behind(async (socket) => {
      socket.end('no more from here');
      resolve(await readToEnd(socket));
    }).then(async ({ proxy }) => {
      const socket = await connect(proxy.port());
      expect((await readToEnd(socket)).toString()).toBe('no more from here');
      socket.end(sent);
    });
  });
  expect(sha256(await received)).toBe(sha256(sent));
});

test('a side that does not read stops the other, without cost, and nothing is lost', async () => {
  const serverSide: Socket[] = [];
  const { proxy } = await behind((socket) => serverSide.push(socket.pause()));
  const sent = bytes(32 * MIB);
  const socket = await connect(proxy.port());
  socket.end(sent);
  await eventually('both ends', () => serverSide.length === 1);
  await proxy.rests(); // the buffers of the kernel are full
  const memory = proxy.ownBytes();
  await proxy.rests(1000);
  expect(proxy.ownBytes() - memory).toBeLessThan(4 * MIB);
  expect(sha256(await readToEnd(serverSide[0] as Socket))).toBe(sha256(sent));
  serverSide[0]?.end();
  await readToEnd(socket);
});

test('a reset on one side is a reset on the other', async () => {
  const serverSide: Socket[] = [];
  const { proxy } = await behind((socket) => serverSide.push(socket));
  const before = proxy.openFds();
  const pair = async (): Promise<[Socket, Socket]> => {
    const count = serverSide.length;
    const client = await connect(proxy.port());
    client.write('x');
    await eventually('connected', () => serverSide.length > count);
    const server = serverSide[count] as Socket;
    await readExactly(server, 1);
    return [client, server];
  };
  for (const [from, to] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const ends = await pair();
    const failure = readToEnd(ends[to]).catch((error: NodeJS.ErrnoException) => error.code);
    ends[from].resetAndDestroy();
    expect(await failure).toBe('ECONNRESET');
    // With bytes on their way, and with a half that is closed already.
    const [busy, late] = [await pair(), await pair()];
    busy[from].write(bytes(4 * MIB));
    busy[from].resetAndDestroy();
    late[from].end();
    await readToEnd(late[to]);
    late[from].resetAndDestroy();
  }
  await proxy.leaksNothing(before + 8);
  expect(proxy.child.exitCode).toBeNull();
});

test('resets by clients at every point leak nothing', async () => {
  const { proxy } = await behind(echoing);
  await roundTrip(await connect(proxy.port()), 'one stays');
  const before = proxy.openFds();
  await resetAtEveryPoint(proxy.port());
  await roundTrip(await connect(proxy.port()), 'alive');
  const idlePipes = 2 * 64; // what a pool may keep
  await proxy.leaksNothing(before + 2 + idlePipes);
  expect(proxy.stderr).toBe('');
});

test('no target: the client gets a reset, and the proxy lives', async () => {
  const { server, proxy } = await behind(echoing);
  const { port } = server.address() as AddressInfo;
  server.close();
  const before = proxy.openFds();
  for (let i = 0; i < 20; i++) {
    await expect(connect(proxy.port()).then(readToEnd)).rejects.toThrow('ECONNRESET');
  }
  expect(proxy.stderr).toContain('ECONNREFUSED');
  await proxy.leaksNothing(before);
  await once(server.listen(port, '127.0.0.1'), 'listening');
  await roundTrip(await connect(proxy.port()), 'back again');
});

test('a target that does not answer: the client gets a reset in the end', async () => {
  // A queue that is full drops what comes: the connection neither succeeds nor fails.
  const listener = own(fdsocket.listenTcp({ host: '127.0.0.1', port: 0, backlog: 0 }));
  const { port } = fdsocket.getsockname(listener) as { port: number };
  await connect(port);
  const proxy = await start('tcp-proxy', ['127.0.0.1', port]);
  const before = proxy.openFds();
  const sockets = await Promise.all(Array.from({ length: 5 }, () => connect(proxy.port())));
  const ends = sockets.map((socket) => readToEnd(socket).catch((error: NodeJS.ErrnoException) => error.code));
  expect(await Promise.race(ends)).toBe('ECONNRESET');
  for (const socket of sockets) socket.resetAndDestroy();
  await proxy.leaksNothing(before);
});

test('more clients than fds: no busy loop, some are refused, and recovery', async () => {
  const server = createServer((socket) => {
    dispose({ close: () => socket.destroy() });
    echoing(socket.on('error', () => {}));
  });
  dispose({ close: () => server.close() });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const target = (server.address() as AddressInfo).port;
  const proxy = await start('tcp-proxy', ['127.0.0.1', target], { fdLimit: 64 });
  // One that is refused at once may be reset before Node has seen that it is connected.
  const attempts = await Promise.allSettled(Array.from({ length: 80 }, () => connect(proxy.port())));
  const sockets = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
  const errors = attempts.flatMap((attempt) => (attempt.status === 'rejected' ? [attempt.reason.code] : []));
  expect(new Set(errors).size, errors.join()).toBeLessThanOrEqual(errors.includes('ECONNRESET') ? 1 : 0);
  for (const socket of sockets) socket.resume();
  await proxy.rests(1500);
  for (const socket of sockets) socket.destroy();
  await eventually('room', () => proxy.openFds() < 40);
  await roundTrip(await connect(proxy.port()), 'there is room again');
});

test('SIGTERM ends it with exit code 0', async () => {
  const { proxy } = await behind(echoing);
  await roundTrip(await connect(proxy.port()), 'x');
  expect([await proxy.stop(), proxy.stderr]).toEqual([0, '']);
});

test('without arguments it prints its usage', async () => {
  await expect(start('tcp-proxy', [])).rejects.toThrow(/usage/);
});
