// What node:net got after Node 20: the same calls on both modules, each in the Node it runs on. Where node:net does not
// know of it, fdreactor/net does not either.
import { once } from 'node:events';
import nodeNet, { type AddressInfo } from 'node:net';
import * as here from 'fdreactor/net';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { dispose } from '../helpers/owned.js';
import { listen, own } from './ends.js';

type Net = typeof nodeNet;
const modules: [Net, Net] = [nodeNet, here as unknown as Net];
const host = '127.0.0.1';
// biome-ignore lint/suspicious/noExplicitAny: options that the types of Node 20 do not have
type Any = any;

async function same(run: (net: Net) => unknown): Promise<unknown> {
  const [its, mine] = await Promise.all(modules.map(run));
  expect(mine).toEqual(its);
  return its;
}

/** once() would fail with the error. */
const closed = (client: nodeNet.Socket): Promise<unknown> => new Promise((resolve) => client.on('close', resolve));

/** What the socket tells, in its order, and its end. */
async function story(client: nodeNet.Socket): Promise<unknown[]> {
  const told: unknown[] = [];
  const events = ['connect', 'connectionAttempt', 'connectionAttemptFailed', 'end', 'error', 'close'];
  for (const event of events) {
    client.on(event, (...args) => told.push([event, ...args.map((arg) => arg?.code ?? arg)]));
  }
  client.resume();
  await closed(client);
  return told.map((line) => JSON.stringify(line));
}

const { SOL_SOCKET, SO_KEEPALIVE, IPPROTO_TCP, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT } = socket.constants;

function keepAliveOf(one: Any): number[] {
  const fd: number = one._handle.fd;
  const option = (level: number, name: number): number => {
    const value = Buffer.alloc(4);
    socket.getsockopt(fd, level, name, value);
    return value.readInt32LE();
  };
  const isOn = option(SOL_SOCKET, SO_KEEPALIVE);
  return [isOn, ...[TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT].map((name) => option(IPPROTO_TCP, name as number))];
}

test.each([
  [true, 7000, 3000, 4],
  [{ enable: true, initialDelay: 7000, interval: 3000, count: 4 }],
  [{ initialDelay: 7000 }],
  [null, 7000],
])('setKeepAlive(%j, %j, %j, %j)', async (...args: unknown[]) => {
  const port = await listen(here.createServer());
  const times = nodeNet.Socket.prototype.setKeepAlive.length > 2 ? 4 : 2; // libuv sets the others in Node 20 and 22
  await same(async (net) => {
    const before = own(new net.Socket());
    (before as Any).setKeepAlive(...args);
    before.connect(port, host);
    const after = own(net.connect(port, host));
    await Promise.all([once(before, 'connect'), once(after, 'connect')]);
    (after as Any).setKeepAlive(...args);
    return keepAliveOf(after).slice(0, times);
  });
});

test('blockList: neither connects to its addresses nor takes connections of them', async () => {
  const blockList = new nodeNet.BlockList();
  blockList.addAddress(host);
  const port = await listen(here.createServer((one) => one.end()));
  await same((net) => story(own(net.connect({ port, host, blockList } as Any))));
  const lookup = (_host: string, _options: unknown, done: Any) =>
    done(null, [
      { address: host, family: 4 },
      { address: '127.0.0.2', family: 4 },
    ]);
  const both = { port: 1, host: 'x', lookup, blockList, autoSelectFamily: true };
  await same((net) => story(own(net.connect(both as Any))));
  await same(async (net) => {
    const accepted: unknown[] = [];
    const server = net.createServer({ blockList } as Any, (one) => {
      accepted.push(one.remoteAddress);
      one.end();
    });
    const told = await story(own(nodeNet.connect(await listen(server), host)));
    return [accepted, told.filter((line) => !String(line).includes('ttempt'))];
  });
});

test('blockList: any other object is refused', async () => {
  for (const blockList of [{}, [], 'x', 1, null, new Set()]) {
    for (const make of [
      (net: Net) => new net.Socket({ blockList } as Any),
      (net: Net) => net.createServer({ blockList } as Any),
    ]) {
      await same((net) => {
        try {
          make(net);
          return 'it is taken';
        } catch (error) {
          return String(error);
        }
      });
    }
  }
});

test('maxConnections of 0', async () => {
  await same(async (net) => {
    const server = net.createServer((one) => one.end('taken'));
    server.maxConnections = 0;
    const client = own(nodeNet.connect(await listen(server), host));
    let text = '';
    client.on('data', (bytes) => {
      text += bytes;
    });
    const errors: unknown[] = [];
    client.on('error', (error) => errors.push((error as NodeJS.ErrnoException).code));
    await closed(client);
    return [text, errors];
  });
});

test('reusePort: two servers on one port', async () => {
  const server = here.createServer();
  server.listen({ port: 0, host, reusePort: true } as Any);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const other = here.createServer();
  dispose({ close: () => void server.close() });
  dispose({ close: () => void other.close() });
  other.listen({ port, host, reusePort: true } as Any);
  await once(other, 'listening');
  expect((other.address() as AddressInfo).port).toBe(port);
});
