// Servers by await: `for await` over connections, and serve(), a handler for each, which may fail at any point.
import { AsyncLocalStorage } from 'node:async_hooks';
import { type AsyncConnection, connect, listen, type ServeOptions, serve } from 'fdreactor/async';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { own } from '../../helpers/owned.js';
import { eventually } from '../../helpers/patience.js';
import { asyncTest, clientOf, codeOf, host, newServer, readAll, shared } from './pairs.js';

const echo = async (connection: AsyncConnection): Promise<void> => {
  for await (const chunk of connection) await connection.write(chunk);
};

asyncTest('for await takes each connection, and is over when the server closes', async (reactor) => {
  const server = newServer(reactor);
  const echoes: Promise<void>[] = [];
  const loop = (async () => {
    for await (const connection of server) echoes.push(echo(connection).then(() => connection.end()));
  })();
  const clients = await Promise.all(Array.from({ length: 20 }, () => clientOf(reactor, server)));
  for (const [i, client] of clients.entries()) client.end(`hello ${i}`);
  const answers = await Promise.all(clients.map(async (client) => (await readAll(client)).toString()));
  expect(answers).toEqual(clients.map((_, i) => `hello ${i}`));
  await server.close({ graceMs: 5000 });
  await loop;
  await Promise.all(echoes);
  expect({ size: server.size, accepted: server.accepted }).toEqual({ size: 0, accepted: 20 });
});

asyncTest('nothing is accepted before it is taken, and what waits is bounded', async (reactor) => {
  const server = newServer(reactor, { backlog: 511 });
  const clients = await Promise.all(Array.from({ length: 200 }, () => clientOf(reactor, server)));
  expect(server.accepted).toBe(0);
  const iterator = server[Symbol.asyncIterator]();
  const { value } = await iterator.next();
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(server.accepted).toBeLessThan(1 + 64 + 64);
  for (let i = 1; i < 200; i++) await iterator.next();
  expect(server.accepted).toBe(200);
  const wait = iterator.next();
  expect(await codeOf(() => iterator.next())).toBe('ERR_INVALID_STATE');
  await iterator.return?.();
  expect(await wait).toEqual({ value: undefined, done: true });
  for (const client of clients) client.close();
  value?.close();
});

asyncTest('leaving the loop closes the server, and connections that were not taken', async (reactor) => {
  const server = newServer(reactor);
  const clients = await Promise.all(Array.from({ length: 5 }, () => clientOf(reactor, server)));
  let taken: AsyncConnection | undefined;
  for await (const connection of server) {
    taken = connection;
    break;
  }
  expect(taken?.closed).toBe(false);
  await eventually('four are closed', () => server.size === 1);
  taken?.close();
  for (const client of clients)
    expect(['', 'ECONNRESET']).toContain(await readAll(client).then(String, (error) => error.code));
  expect(await codeOf(() => serve(server, echo))).toBe('ERR_INVALID_STATE');
});

/** Where a handler may fail. */
const points: Record<string, (connection: AsyncConnection) => Promise<void> | void> = {
  'at once, by a throw': () => {
    throw new Error('bug');
  },
  'before its first read': async () => {
    throw new Error('bug');
  },
  'after a read': async (connection) => {
    await connection.readExactly(1);
    throw new Error('bug');
  },
  'in a loop': async (connection) => {
    for await (const _ of connection) throw new Error('bug');
  },
  'after a write': async (connection) => {
    connection.write('x');
    throw new Error('bug');
  },
  'after an end': async (connection) => {
    connection.end('x');
    throw new Error('bug');
  },
  'after a close': async (connection) => {
    connection.close();
    throw new Error('bug');
  },
  'while it reads': async (connection) => {
    connection.read(new Uint8Array(1)) as Promise<number>;
    await connection.readExactly(1);
  },
};

for (const [name, handler] of Object.entries(points)) {
  asyncTest(`a handler that fails ${name}: reported once, and others go on`, async (reactor) => {
    const errors: unknown[] = [];
    const server = newServer(reactor);
    let first = true;
    const served = serve(
      server,
      (connection) => {
        if (!first) return echo(connection);
        first = false;
        return handler(connection);
      },
      {
        onError: (error, connection) => {
          errors.push(error);
          expect(connection.closed).toBe(true);
        },
      },
    );
    // The read that such a handler leaves alone is one that the program ignores.
    const ignored: unknown[] = [];
    const note = (error: unknown): void => void ignored.push(error);
    process.on('unhandledRejection', note);
    const bad = await clientOf(reactor, server);
    // A handler that fails at once may have reset it by now.
    expect(['no error', 'ECONNRESET', 'EPIPE']).toContain(await codeOf(() => bad.write('x')));
    await eventually('it is reported', () => errors.length === 1);
    const good = await clientOf(reactor, server);
    good.end('good');
    expect((await readAll(good)).toString()).toBe('good');
    bad.close();
    await server.close({ graceMs: 5000 });
    await served;
    process.off('unhandledRejection', note);
    expect(errors).toHaveLength(1);
    expect(ignored).toHaveLength(name === 'while it reads' ? 1 : 0);
  });
}

asyncTest('without onError a bug goes to the reactor, and what a peer does nowhere', async (_, { newReactor }) => {
  const errors: unknown[] = [];
  const reactor = newReactor({ onError: (error) => errors.push(error) });
  reactor.attach();
  const server = newServer(reactor);
  let ran = 0;
  const served = serve(server, async (connection) => {
    ran++;
    if ((await connection.readUntil('\n', 10))?.toString() === 'bug') throw new Error('bug');
  });
  for (const [i, bytes] of ['too long for a line\n', 'no end of a line', 'bug\n'].entries()) {
    const client = await clientOf(reactor, server);
    client.end(bytes);
    await readAll(client).catch(() => {}); // it is reset
    await eventually('it has run', () => ran === i + 1);
  }
  const cut = await clientOf(reactor, server);
  await eventually('it runs', () => ran === 4);
  cut.reset();
  await server.close({ graceMs: 5000 });
  await served;
  await eventually('the bug is told', () => errors.length > 0);
  expect(errors).toMatchObject([{ message: 'bug' }]);
});

/** Waits that end early; the first of them for longer than a signal or a deadline takes. */
const ended: Record<string, (connection: AsyncConnection, signal: AbortSignal) => unknown> = {
  'a read': (connection, signal) => connection.read(shared, { signal }),
  'chunks()': (connection, signal) => connection.chunks({ signal }).next(),
  'a write': (connection, signal) => connection.write(Buffer.alloc(8_000_000), { signal }),
  'a flush': (connection, signal) => {
    const wait = connection.write(Buffer.alloc(8_000_000)) as Promise<void> | undefined;
    wait?.catch(() => {}); // it ends with the connection
    return connection.flush({ signal });
  },
  'a readDeadline that is set': (connection) => {
    const wait = connection.read(shared);
    connection.readDeadline = performance.now();
    return wait;
  },
  'a writeDeadline that is set': (connection) => {
    const wait = connection.write(Buffer.alloc(8_000_000));
    connection.writeDeadline = performance.now();
    return wait;
  },
};

for (const [name, wait] of Object.entries(ended)) {
  for (const when of ['before', 'meanwhile']) {
    asyncTest(`${name} that is ended ${when}, and that the handler lets go, is no bug`, async (_, { newReactor }) => {
      const errors: unknown[] = [];
      const reactor = newReactor({ onError: (error) => errors.push(error) });
      reactor.attach();
      const server = newServer(reactor);
      const abort = new AbortController();
      if (when === 'before') abort.abort();
      let code = '';
      const served = serve(server, async (connection) => {
        try {
          const result = wait(connection, abort.signal);
          setImmediate(() => abort.abort());
          await result;
        } catch (error) {
          code = (error as NodeJS.ErrnoException).code ?? '';
          throw error;
        }
      });
      const client = await clientOf(reactor, server);
      await eventually('it has ended', () => code !== '');
      await server.close({ graceMs: 5000 });
      await served;
      client.close();
      expect(code).toMatch(/^(ABORT_ERR|ETIMEDOUT)$/);
      for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
      expect(errors).toEqual([]);
    });
  }
}

asyncTest('maxConcurrent bounds how many handlers run', async (reactor) => {
  const server = newServer(reactor);
  let running = 0;
  let most = 0;
  const served = serve(
    server,
    async (connection) => {
      most = Math.max(most, ++running);
      await echo(connection);
      running--;
    },
    { maxConcurrent: 3 },
  );
  const clients = await Promise.all(Array.from({ length: 30 }, () => clientOf(reactor, server)));
  for (const client of clients) client.end('x');
  for (const client of clients) expect((await readAll(client)).toString()).toBe('x');
  await server.close({ graceMs: 5000 });
  await served;
  expect(most).toBe(3);
});

asyncTest('close({ graceMs }) lets handlers finish, who may see it coming', async (reactor) => {
  const server = newServer(reactor);
  const log: string[] = [];
  const served = serve(server, async (connection, closing) => {
    expect(closing).toBe(server.closing);
    try {
      await connection.read(shared, { signal: closing });
    } catch {
      log.push('closing');
      connection.write('bye');
    }
  });
  const client = await clientOf(reactor, server);
  await eventually('it is served', () => server.size === 1);
  const read = readAll(client).then(String);
  const closed = server.close({ graceMs: 60_000 });
  expect(await read).toBe('bye');
  client.end();
  await closed;
  await served;
  expect(log).toEqual(['closing']);
});

asyncTest('close({ graceMs }) closes what is left then, and reports nothing', async (reactor) => {
  const errors: unknown[] = [];
  const server = newServer(reactor);
  const served = serve(server, echo, { onError: (error) => errors.push(error) });
  const client = await clientOf(reactor, server);
  await eventually('it is served', () => server.size === 1);
  await server.close({ graceMs: 20 });
  expect(server.size).toBe(0);
  await served;
  expect(['', 'ECONNRESET']).toContain(await readAll(client).then(String, (error) => error.code));
  expect(errors).toEqual([]);
});

asyncTest('a connection whose handler has returned is ended, and closed when its peer lingers', async (reactor) => {
  const server = newServer(reactor);
  void serve(server, (connection) => void connection.write('all there is'), { lingerMs: 30 });
  const fd = own(socket.connectTcp({ host, port: server.port }));
  const client = await connect(reactor, { host, port: server.port });
  expect((await readAll(client)).toString()).toBe('all there is');
  await eventually('both are closed', () => server.size === 0 && server.accepted === 2);
  const flood = await connect(reactor, { host, port: server.port, maxQueued: 1e9 });
  const written = codeOf(() => flood.write(Buffer.alloc(50_000_000)));
  expect(await written).toMatch(/^(ECONNRESET|EPIPE)$/);
  socket.close(fd);
});

asyncTest('handlers run in the store of the call of serve()', async (reactor) => {
  const store = new AsyncLocalStorage<string>();
  const server = newServer(reactor);
  const seen: (string | undefined)[] = [];
  store.run('mine', () =>
    serve(server, async (connection) => {
      seen.push(store.getStore());
      await connection.readExactly(1);
      seen.push(store.getStore());
    }),
  );
  const client = await clientOf(reactor, server);
  client.end('x');
  await readAll(client);
  expect(seen).toEqual(['mine', 'mine']);
});

asyncTest('when the reactor closes, handlers fail, loops end, and close() resolves', async (_, { newReactor }) => {
  const reactor = newReactor();
  reactor.attach();
  const taken = newServer(reactor);
  const server = newServer(reactor);
  const codes: Promise<string>[] = [];
  const served = serve(server, async (connection) => {
    codes.push(codeOf(() => connection.read(shared)));
    await codes[0];
  });
  const client = await clientOf(reactor, server);
  await eventually('it is served', () => codes.length === 1);
  const loop = codeOf(async () => {
    for await (const _ of taken);
  });
  const drained = server.close({ graceMs: 60_000 });
  const connecting = codeOf(() => connect(reactor, { host, port: 1, lookup: () => new Promise(() => {}) }));
  reactor.close();
  expect(await Promise.all(codes)).toEqual(['ERR_INVALID_STATE']);
  expect(await loop).toBe('ERR_INVALID_STATE');
  expect(await connecting).toBe('ERR_INVALID_STATE');
  await drained;
  await served;
  expect(client.closed).toBe(true);
});

asyncTest('wrong arguments are refused', async (reactor) => {
  const server = newServer(reactor);
  const options = (wrong: ServeOptions) => (): unknown => serve(server, echo, wrong);
  expect(await codeOf(options({ maxConcurrent: 0 }))).toBe('ERR_OUT_OF_RANGE');
  expect(await codeOf(options({ onError: 1 as never }))).toBe('ERR_INVALID_ARG_TYPE');
  expect(await codeOf(options({ lingerMs: -1 }))).toBe('ERR_OUT_OF_RANGE');
  expect(await codeOf(() => serve({} as never, echo))).toBe('ERR_INVALID_ARG_TYPE');
  expect(await codeOf(() => serve(server, 1 as never))).toBe('ERR_INVALID_ARG_TYPE');
  expect(await codeOf(() => listen(reactor, { host, port: 0, maxUnread: 0 }))).toBe('ERR_OUT_OF_RANGE');
  expect(await codeOf(() => listen({} as never, { host, port: 0 }))).toBe('ERR_INVALID_ARG_TYPE');
  expect(await codeOf(() => server.close({ graceMs: -1 }))).toBe('ERR_OUT_OF_RANGE');
  expect(server.closing.aborted).toBe(false);
});
