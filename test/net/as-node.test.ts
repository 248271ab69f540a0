// What node:net refuses, and how an error looks: the same calls on both modules, side by side.
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import nodeNet, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as here from 'fdreactor/net';
import { expect, test } from 'vitest';
import './ends.js';

type Net = typeof nodeNet;
const modules: [Net, Net] = [nodeNet, here as unknown as Net];
// biome-ignore lint/suspicious/noExplicitAny: values of the wrong type
const wrong = (value: unknown): any => value;

/** An error as a program sees it. */
function seen(error: unknown): unknown {
  const { name, message, code, errno, syscall, address, port, localAddress, localPort } = error as Record<
    string,
    unknown
  >;
  return { name, message, code, errno, syscall, address, port, localAddress, localPort, text: String(error) };
}

function thrown(call: () => unknown): unknown {
  try {
    call();
    return 'nothing was thrown';
  } catch (error) {
    return seen(error);
  }
}

const CALLS: Record<string, (net: Net) => unknown> = {
  'connect() without a port': (net) => net.connect(wrong({})),
  'connect() to a port that is no number': (net) => net.connect(wrong({ port: true })),
  'connect() to a port out of range': (net) => net.connect({ port: 65_536 }),
  'connect() to an empty port': (net) => net.connect(wrong({ port: ' ' })),
  'connect() to a port below 0': (net) => net.connect({ port: -1 }),
  'connect() from an address that is a name': (net) => net.connect({ port: 1, localAddress: 'localhost' }),
  'connect() from a port that is text': (net) => net.connect({ port: 1, localPort: wrong('x') }),
  'connect() with a lookup that is no function': (net) => net.connect({ port: 1, lookup: wrong('x') }),
  'connect() with an autoSelectFamily of another type': (net) => net.connect({ port: 1, autoSelectFamily: wrong(1) }),
  'connect() with an attempt of no time': (net) => net.connect(wrong({ port: 1, autoSelectFamilyAttemptTimeout: 0 })),
  'connect() with hints that are wrong': (net) => net.connect({ port: 1, host: 'x.invalid', hints: 999_999 }),
  'connect() to a path that is no text': (net) => net.connect(wrong({ path: {} })),
  'Socket with objectMode': (net) => new net.Socket(wrong({ objectMode: true })),
  'Socket with readableObjectMode': (net) => new net.Socket(wrong({ readableObjectMode: true })),
  'Socket of a file': (net) => new net.Socket({ fd: 1_000_000 }),
  'Socket of an fd below 0': (net) => new net.Socket({ fd: -1 }),
  'Socket of an fd that is text': (net) => new net.Socket({ fd: wrong('1') }),
  'Socket with a delay of another type': (net) => new net.Socket(wrong({ keepAliveInitialDelay: 'x' })),
  'Socket with a signal of another type': (net) => new net.Socket({ signal: wrong('x') }),
  'setTimeout() below 0': (net) => new net.Socket().setTimeout(-1),
  'setTimeout() of text': (net) => new net.Socket().setTimeout(wrong('1')),
  'setTimeout() with a callback of another type': (net) => new net.Socket().setTimeout(1, wrong('x')),
  'write() of null': (net) => new net.Socket().write(wrong(null)),
  'write() of a number': (net) => new net.Socket().write(wrong(1)),
  'createServer() with options of another type': (net) => net.createServer(wrong('path')),
  'createServer() with a delay of another type': (net) => net.createServer({ keepAliveInitialDelay: wrong('x') }),
  'createServer() with a highWaterMark of text': (net) => net.createServer(wrong({ highWaterMark: 'x' })),
  'listen() on a port out of range': (net) => net.createServer().listen({ port: 65_536 }),
  'listen() on a port that is a fraction': (net) => net.createServer().listen(1.5),
  'listen() with options of nothing': (net) => net.createServer().listen({}),
  'listen() on a path that is no text': (net) => net.createServer().listen(wrong({ path: true })),
  'listen() with a signal of another type': (net) => net.createServer().listen({ port: 0, signal: wrong('x') }),
  'listen() on an abstract name for all': (net) => net.createServer().listen({ path: '\0x', readableAll: true }),
};

test.each(Object.keys(CALLS))('%s: the same error', (name) => {
  const [its, own] = modules.map((net) => thrown(() => CALLS[name]?.(net)));
  expect(own).toEqual(its);
  expect(its).not.toBe('nothing was thrown');
});

async function errorOf(emitter: NodeJS.EventEmitter): Promise<unknown> {
  const [error] = await once(emitter, 'error');
  return seen(error);
}

test('connections that fail: the same error', async () => {
  const server = nodeNet.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const file = join(tmpdir(), `fdreactor-net-${process.pid}`);
  writeFileSync(file, '');
  const targets: nodeNet.NetConnectOpts[] = [
    { port: 1, host: '127.0.0.1' },
    { port: 1, host: '127.0.0.1', localAddress: '127.0.0.1' },
    { port, host: '127.0.0.1', localAddress: '192.0.2.1' },
    { port: 1, host: '::1', family: 6 },
    { path: '/nowhere/at/all' },
    { path: file },
    { port: 1, host: 'x', lookup: (_host, _options, done) => done(new Error('no such name'), '', 4) },
    { port: 1, host: 'x', autoSelectFamily: false, lookup: (_host, _options, done) => done(null, 'no address', 4) },
    { port: 1, host: 'x', autoSelectFamily: false, lookup: (_host, _options, done) => done(null, '127.0.0.1', 9) },
  ];
  for (const target of targets) {
    const [its, own] = await Promise.all(modules.map((net) => errorOf(net.connect(target))));
    expect(own).toEqual(its);
  }
  server.close();
  rmSync(file);
});

test('servers that cannot listen: the same error', async () => {
  const server = nodeNet.createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const targets: nodeNet.ListenOptions[] = [
    { port },
    { port, host: '127.0.0.1' },
    { port: 0, host: '192.0.2.1' },
    { path: '/nowhere/at/all' },
    { fd: 1_000_000 } as nodeNet.ListenOptions,
  ];
  for (const target of targets) {
    const [its, own] = await Promise.all(modules.map((net) => errorOf(net.createServer().listen({ ...target }))));
    expect(own).toEqual(its);
  }
  server.close();
});

test('a second listen(), close() of one that does not listen, reset of one that is not there', async () => {
  const results = modules.map(async (net) => {
    const server = net.createServer().listen(0);
    const second = thrown(() => server.listen(0));
    await once(server, 'listening');
    await new Promise((resolve) => server.close(resolve));
    const closed = await new Promise((resolve) => server.close((error) => resolve(seen(error))));
    const reset = await errorOf(new net.Socket().resetAndDestroy());
    return [second, closed, reset];
  });
  const [its, own] = await Promise.all(results);
  expect(own).toEqual(its);
});

test('the module has the names of node:net, and its members have those of Node', () => {
  // Of handles; the others came in Node 24.
  const bound = ['BoundSocket', '_TransferredBoundSocket'];
  const others = ['_createServerHandle', ...bound, 'setTypeOfService', 'getTypeOfService'];
  const names = Object.keys(nodeNet).filter((name) => !others.includes(name));
  expect(Object.keys(here)).toEqual(expect.arrayContaining(names));
  for (const [mine, node] of [
    [here.Socket, nodeNet.Socket],
    [here.Server, nodeNet.Server],
  ]) {
    const inherited = new Set<string>();
    for (let one = mine?.prototype; one !== null; one = Object.getPrototypeOf(one))
      for (const key of Object.getOwnPropertyNames(one)) inherited.add(key);
    const its = Object.getOwnPropertyNames(node?.prototype).filter(
      (key) => !key.startsWith('_') && !others.includes(key),
    );
    expect([...inherited]).toEqual(expect.arrayContaining(its));
  }
});
