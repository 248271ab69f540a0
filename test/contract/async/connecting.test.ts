// connect() by await: names with several addresses, of which some refuse and some never answer (RFC 8305), limits of
// time, and signals. The names are resolved by a function of the test, but for localhost.
import { type AsyncConnectOptions, connect, type LookedUp, listen as listenAsync, serve } from 'fdreactor/async';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { dispose, own } from '../../helpers/owned.js';
import { listen, refusingPort } from '../../helpers/pairs.js';
import { eventually } from '../../helpers/patience.js';
import { asyncTest, codeOf, host, newServer, readAll } from './pairs.js';

const resolvesTo =
  (...addresses: string[]) =>
  async (): Promise<LookedUp[]> =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

const loopbacks = {
  notOnWindows: 'a full queue refuses connections',
  notOnKqueue: '127.0.0.1 is the only address of the loopback interface',
};
const STALLING = '127.0.0.2';

/** A port that listens at 127.0.0.1, and at another address has a full queue: connections there stall. */
function stallingPort(): number {
  for (let tries = 0; tries < 50; tries++) {
    const { port } = listen(host);
    try {
      own(socket.listenTcp({ host: STALLING, port, backlog: 0 }));
    } catch {
      continue; // another program has the port there
    }
    for (let i = 0; i < 4; i++) own(socket.connectTcp({ host: STALLING, port }));
    return port;
  }
  throw new Error('no port that is free at both addresses');
}

asyncTest('a name, an address of either family, and a path', async (reactor) => {
  const server = newServer(reactor);
  for (const name of ['localhost', host]) {
    const connection = await connect(reactor, { host: name, port: server.port });
    expect(connection.remoteAddress).toMatchObject({ port: server.port });
    connection.close();
  }
  const server6 = listenAsync(reactor, { host: '::1', port: 0 });
  dispose({ close: () => void server6.close() });
  const connection = await connect(reactor, { host: '::1', port: server6.port });
  expect(connection.remoteAddress).toMatchObject({ address: '::1', family: 'IPv6' });
  connection.close();
});

asyncTest(
  'the next address is tried when the first stalls, and the first that comes is taken',
  async (reactor) => {
    const port = stallingPort();
    const began = performance.now();
    const options = { host: 'name', port, lookup: resolvesTo(STALLING, host), attemptDelayMs: 50 };
    const connection = await connect(reactor, options);
    expect(performance.now() - began).toBeGreaterThanOrEqual(50);
    expect(connection.remoteAddress).toMatchObject({ address: host });
    connection.close();
  },
  loopbacks,
);

asyncTest(
  'timeoutMs and signal end all attempts, and leave no fd behind',
  async (reactor) => {
    const port = stallingPort();
    const options = { host: STALLING, port };
    expect(await codeOf(() => connect(reactor, { ...options, timeoutMs: 30 }))).toBe('ETIMEDOUT');
    const controller = new AbortController();
    const wait = codeOf(() => connect(reactor, { ...options, signal: controller.signal }));
    setTimeout(() => controller.abort(), 10);
    expect(await wait).toBe('ABORT_ERR');
    expect(await codeOf(() => connect(reactor, { ...options, signal: AbortSignal.abort() }))).toBe('ABORT_ERR');
    expect(reactor.metrics().timers).toBe(0);
  },
  loopbacks,
);

asyncTest('the families take turns, beginning with that of the first address', async (reactor) => {
  const port = refusingPort();
  const lookup = resolvesTo(host, host, '::1', '::1');
  const error = await connect(reactor, { host: 'name', port, lookup }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AggregateError);
  expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  const { errors } = error as { errors: { address: string; code: string }[] };
  expect(errors.map(({ address }) => address)).toEqual([host, '::1', host, '::1']);
});

asyncTest('an address that refuses is passed over at once', async (reactor) => {
  const server = newServer(reactor);
  void serve(server, (connection) => void connection.write('here'));
  const options = { host: 'name', port: server.port, lookup: resolvesTo('::1', host), attemptDelayMs: 60_000 };
  const connection = await connect(reactor, options);
  connection.end();
  expect((await readAll(connection)).toString()).toBe('here');
});

asyncTest('what fails: one address, the lookup, no address', async (reactor) => {
  const port = refusingPort();
  const refused = await connect(reactor, { host, port }).catch((error: unknown) => error);
  expect(refused).toMatchObject({ name: 'SystemError', code: 'ECONNREFUSED', address: host, port });
  const lookup = () => Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }));
  expect(await codeOf(() => connect(reactor, { host: 'name', port, lookup }))).toBe('ENOTFOUND');
  expect(await codeOf(() => connect(reactor, { host: 'name', port, lookup: resolvesTo() }))).toBe('ENOTFOUND');
  const wrong = { host: 'name', port, lookup: resolvesTo('no address') };
  expect(await codeOf(() => connect(reactor, wrong))).toBe('ERR_INVALID_ARG_VALUE');
});

asyncTest('connections that lose the race are closed, and only one is taken', async (reactor) => {
  const server = newServer(reactor);
  const sizes: number[] = [];
  void serve(server, async (connection) => {
    sizes.push((await connection.readExactly(1))?.length ?? 0);
  });
  const lookup = resolvesTo(host, host, host);
  const connection = await connect(reactor, { host: 'name', port: server.port, lookup, attemptDelayMs: 0 });
  connection.end('x');
  await readAll(connection);
  await eventually('all are closed', () => server.size === 0);
  expect(sizes.filter((size) => size === 1)).toEqual([1]);
});

asyncTest('wrong arguments are refused', async (reactor) => {
  const wrong: Record<string, Partial<AsyncConnectOptions>[]> = {
    ERR_INVALID_ARG_TYPE: [
      { host: 5 as never },
      { port: '80' as never },
      { signal: {} as never },
      { lookup: 1 as never },
    ],
    ERR_OUT_OF_RANGE: [{ host: '' }, { port: 65_536 }, { timeoutMs: -1 }, { attemptDelayMs: -1 }, { maxUnread: 0 }],
  };
  for (const [code, all] of Object.entries(wrong)) {
    for (const options of all) {
      const call = () => connect(reactor, { host, port: 1, ...options } as AsyncConnectOptions);
      expect(await codeOf(call), JSON.stringify(options)).toBe(code);
    }
  }
  expect(await codeOf(() => connect(reactor, null as never))).toBe('ERR_INVALID_ARG_TYPE');
  expect(await codeOf(() => connect({} as never, { host, port: 1 }))).toBe('ERR_INVALID_ARG_TYPE');
});
