// The end of a pool: draining, the deadline, and close() at each stage. The file's leak check holds that nothing stays.
import { once } from 'node:events';
import { connect } from 'node:net';
import { capabilities } from 'fdreactor';
import { socketpair } from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { testWith } from '../helpers/needs.js';
import { own } from '../helpers/owned.js';
import { eventually, patience } from '../helpers/patience.js';
import {
  allReceived,
  ask,
  clientOf,
  echo,
  endsNoBusyThread,
  loopback,
  poolOf,
  readAll,
  received,
  type WorkerBody,
} from './pools.js';

/** Says 'bye' to each connection when the pool closes, and ends when the last one has. */
const polite: WorkerBody = ({ connection: { Connection }, reactor, onDrain, drained }) => {
  const open = new Set<InstanceType<typeof Connection>>();
  let isDraining = false;
  onDrain(() => {
    isDraining = true;
    for (const connection of open) connection.end('bye');
    if (open.size === 0) drained();
  });
  return {
    connection(fd) {
      const made = new Connection(reactor, fd, {
        data: (c, chunk) => c.write(chunk),
        end: (c) => c.end(),
        close: (c) => {
          open.delete(c);
          if (isDraining && open.size === 0) drained();
        },
      });
      open.add(made as never);
    },
  };
};

const both = ['attach', 'run'] as const;

test.each(both)('%s: workers drain, and their last words arrive', async (drive) => {
  const pool = poolOf(polite, { listen: loopback, drive });
  await pool.ready;
  const clients = Array.from({ length: 10 }, () => clientOf(pool));
  const answers = clients.map(async (client) => {
    client.write('hello');
    return readAll(client);
  });
  await eventually('all are taken', () => pool.metrics().workers.every(({ taken }) => taken === 5));
  expect(await pool.close()).toBe(0);
  for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^(hello)?bye$/);
});

testWith({ needs: 'reusePort' }, 'sharded workers drain as well; then the port is free', async () => {
  const pool = poolOf(polite, { listen: loopback, mode: 'sharded' });
  await pool.ready;
  const clients = Array.from({ length: 10 }, () => clientOf(pool));
  await eventually('all are accepted', () => {
    return pool.metrics().workers.reduce((sum, { accepted }) => sum + accepted, 0) === 10;
  });
  const answers = clients.map(readAll);
  expect(await pool.close()).toBe(0);
  expect(await Promise.all(answers)).toEqual(Array.from({ length: 10 }, () => 'bye'));
  const late = connect((pool.address as { port: number }).port, '127.0.0.1');
  expect((await once(late, 'error'))[0]).toHaveProperty('code', 'ECONNREFUSED');
});

testWith({ needs: 'reusePort' }, 'a sharded pool that drains listens no more, though a worker goes on', async () => {
  const pool = poolOf(polite, { listen: loopback, mode: 'sharded', workers: 1 });
  await pool.ready;
  const client = connect({ port: (pool.address as { port: number }).port, host: '127.0.0.1', allowHalfOpen: true });
  await eventually('it is accepted', () => pool.metrics().workers[0]?.accepted === 1);
  const closed = pool.close({ deadlineMs: Number.POSITIVE_INFINITY });
  await once(client.resume(), 'end'); // the worker waits for this side to end
  while ((await ask(pool)) !== 'ECONNREFUSED'); // or it was in the queue, and is reset
  expect(pool.metrics().workers[0]).toMatchObject({ ready: true });
  client.end();
  expect(await closed).toBe(0);
});

for (const drive of both) {
  const conditions = drive === 'run' ? { notInDeno: endsNoBusyThread } : {};
  testWith(conditions, `${drive}: after the deadline workers are terminated, and counted`, async () => {
    const body: WorkerBody = ({ connection: { Connection }, reactor, onDrain, drained, index }) => {
      onDrain(() => index === 1 && drained());
      return { connection: (fd) => void new Connection(reactor, fd, {}) };
    };
    const pool = poolOf(body, { drive });
    await pool.ready;
    const [mine, fd] = socketpair();
    pool.handOff(fd, { worker: 0 });
    const closed = pool.close({ deadlineMs: Number.POSITIVE_INFINITY });
    await eventually('worker 1 has ended', () => pool.threads[1] === null);
    void pool.close({ deadlineMs: 50 });
    expect(await closed).toBe(1);
    expect(await received(own(mine))).toBe('');
  });
}

testWith(
  { notInDeno: endsNoBusyThread },
  'a worker that is blocked for ever is terminated after the deadline',
  async () => {
    const body: WorkerBody = () => ({
      connection: () => {
        for (;;);
      },
    });
    const pool = poolOf(body, { listen: loopback });
    await pool.ready;
    const answer = ask(pool);
    await eventually('it is taken', () => pool.metrics().workers[0]?.taken === 1);
    const closed = pool.close({ deadlineMs: Number.POSITIVE_INFINITY });
    await eventually('the other has ended', () => pool.threads[1] === null);
    void pool.close({ deadlineMs: 20 });
    expect(await closed).toBe(1);
    expect(await answer).toMatch(/^$|ECONNRESET/);
  },
);

test('a later close() shortens the deadline; both get the same answer', async () => {
  const body: WorkerBody = ({ onDrain }) => {
    onDrain(() => {});
    return { connection: () => {} };
  };
  const pool = poolOf(body);
  await pool.ready;
  const first = pool.close({ deadlineMs: Number.POSITIVE_INFINITY });
  expect(pool.close()).toBe(first);
  expect(await pool.close({ deadlineMs: 0 })).toBe(2);
  expect(await first).toBe(2);
});

test('what is on its way when the pool closes is served first; what waits for room as well', async () => {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const body: WorkerBody = ({ connection: { Connection }, reactor, args, onDrain, drained }) => {
    let open = 0;
    let isDraining = false;
    onDrain(() => {
      isDraining = true;
      if (open === 0) drained();
    });
    return {
      connection(fd) {
        Atomics.wait(args, 0, 0);
        open++;
        const close = (): void => {
          if (--open === 0 && isDraining) drained();
        };
        new Connection(reactor, fd, { close }).end('served');
      },
    };
  };
  const pool = poolOf(body, { workers: 1, maxQueued: 2 }, gate);
  await pool.ready;
  const peers = Array.from({ length: 8 }, () => {
    const [mine, fd] = socketpair();
    pool.handOff(fd);
    return own(mine);
  });
  expect(pool.metrics().waiting).toBeGreaterThanOrEqual(5);
  const closed = pool.close();
  gate[0] = 1;
  Atomics.notify(gate, 0);
  const answers = await Promise.all(
    peers.map(async (fd) => {
      const text = await received(fd, 6);
      return text;
    }),
  );
  expect(answers).toEqual(peers.map(() => 'served'));
  await Promise.all([closed, pool.close({ deadlineMs: 0 })]);
});

test('what waits for a worker that never comes is closed', async () => {
  const pool = poolOf(echo, { workers: 1 });
  const peers = Array.from({ length: 3 }, () => {
    const [mine, fd] = socketpair();
    expect(pool.handOff(fd, { payload: new Uint8Array(8) })).toBe(false);
    return own(mine);
  });
  await pool.close();
  expect(await allReceived(peers)).toEqual(['', '', '']);
});

test('closed at once: ready is rejected, and no thread stays', async () => {
  const pool = poolOf(echo, { listen: loopback });
  const ready = pool.ready.catch((error) => error);
  expect(await pool.close()).toBe(0);
  expect(await ready).toHaveProperty('code', 'ERR_INVALID_STATE');
  expect(pool.threads).toEqual([null, null]);
});

test('closed at any moment of the start', { timeout: patience(30_000) }, async () => {
  for (let ms = 0; ms < 200; ms += 12) {
    const pool = poolOf(echo, {
      listen: loopback,
      mode: capabilities().reusePort && ms % 24 !== 0 ? 'sharded' : 'hand-off',
    });
    pool.ready.catch(() => {});
    const answer = ask(pool);
    await new Promise((resolve) => setTimeout(resolve, ms));
    await pool.close();
    expect(await answer).toMatch(/^([01]\n(hello)?)?$|^ECONNRE/);
  }
});

test('closed while a worker waits to be started again', async () => {
  const body: WorkerBody = () => {
    throw new Error('never');
  };
  const pool = poolOf(body, { workers: 1 });
  const ready = pool.ready.catch((error) => error);
  await once(pool, 'workerError');
  expect(await pool.close()).toBe(0);
  expect(await ready).toHaveProperty('code', 'ERR_INVALID_STATE');
});

test('closed inside its own events', async () => {
  const body: WorkerBody = () => ({
    connection: () => {
      throw new Error('as asked');
    },
  });
  const pool = poolOf(body, { listen: loopback, workers: 1 });
  await pool.ready;
  const closed = new Promise<number>((resolve) => {
    pool.once('workerError', () => resolve(pool.close()));
  });
  expect(await ask(pool)).toMatch(/^$|ECONNRESET/);
  expect(await closed).toBe(0);
});

test('an exit while it drains is the end; an error then is reported', async () => {
  const body: WorkerBody = ({ onDrain, index }) => {
    onDrain(() => {
      if (index === 0) process.exit(0);
      throw new Error('cannot drain');
    });
    return { connection: () => {} };
  };
  const pool = poolOf(body);
  const errors: string[] = [];
  pool.on('workerError', ({ message }, index) => errors.push(`${index}: ${message}`));
  await pool.ready;
  expect(await pool.close()).toBe(0);
  expect(errors).toEqual(['1: worker 1 has ended: cannot drain']);
});
