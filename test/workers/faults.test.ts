// Workers that fail: at their start, while they serve, at any moment; what becomes of connections, and of the pool.
import { socketpair } from 'fdreactor/socket';
import { ReactorPool } from 'fdreactor/workers';
import { expect, test } from 'vitest';
import { reportOf } from '../helpers/child.js';
import { testWith } from '../helpers/needs.js';
import { isOfHostsLoop } from '../helpers/open-fds.js';
import { own } from '../helpers/owned.js';
import { eventually, patience } from '../helpers/patience.js';
import { inDeno } from '../helpers/platform.js';
import {
  allReceived,
  ask,
  clientOf,
  echo,
  endsNoBusyThread,
  loopback,
  modulePath,
  nextError,
  poolOf,
  readAll,
  received,
  type WorkerBody,
} from './pools.js';

/** What the error says. Now and then Deno tells 'Uncaught null' in place of what was thrown. */
const endedBy = (message: string): RegExp =>
  inDeno ? /^worker 0 has ended: / : new RegExp(`^worker 0 has ended: ${message}$`);

const startFaults: Record<string, { body: WorkerBody; message: RegExp; startTimeoutMs?: number }> = {
  throws: {
    body: () => {
      throw new Error('no database');
    },
    message: /worker 0 did not start: no database/,
  },
  rejects: {
    body: async () => {
      throw new TypeError('no config');
    },
    message: /did not start: no config/,
  },
  'exits 0': { body: () => process.exit(0), message: /did not start: it exited with code 0/ },
  'exits 3': { body: () => process.exit(3), message: /did not start: it exited with code 3/ },
  'returns nothing': {
    body: (() => {}) as unknown as WorkerBody,
    message: /did not start: what file:.* returns must be an object with a function connection, not undefined/,
  },
  'blocks for ever': {
    body: () => {
      for (;;);
    },
    message: /did not start: it was not ready within 500 ms/,
    startTimeoutMs: 500,
  },
  'is never ready': {
    body: () => {
      setInterval(() => {}, 1e6);
      return new Promise(() => {});
    },
    message: /did not start: it was not ready within 500 ms/,
    startTimeoutMs: 500,
  },
};

for (const [what, { body, message, startTimeoutMs = 30_000 }] of Object.entries(startFaults)) {
  const conditions = what === 'blocks for ever' ? { notInDeno: endsNoBusyThread } : {};
  const start = async (): Promise<void> => {
    const pool = poolOf(body, { workers: 1, listen: loopback, startTimeoutMs });
    const errors: Error[] = [];
    pool.on('workerError', (error) => errors.push(error));
    const failed = await pool.ready.catch((error) => error);
    expect(failed.message).toMatch(message);
    expect(failed.code).toBe('ERR_WORKER_NOT_STARTED');
    expect(errors.length).toBe(4);
    expect(errors).toContain(failed);
    expect(await pool.close()).toBe(0);
    expect(pool.threads).toEqual([null]);
  };
  testWith(conditions, `a module that ${what}: some tries, then a clear error`, start, patience(40_000));
}

test.each([
  ['is not there', '/no/such/module.mjs', /Cannot find module|Module not found|ERR_MODULE_NOT_FOUND/],
  ['does not parse', 'data:text/javascript,export default (', /./],
  ['exports no function', 'data:text/javascript,export default 5', /the default export of .* must be a function/],
])('a module that %s', async (_, url, message) => {
  const pool = new ReactorPool(url, { workers: 1 });
  const errors: Error[] = [];
  pool.on('workerError', (error) => errors.push(error));
  await expect(pool.ready).rejects.toThrow(message);
  await pool.close();
  expect(errors.length).toBe(4);
});

test('a worker that starts at its third try is waited for, and what came meanwhile is served', async () => {
  const body: WorkerBody = ({ args, connection: { Connection }, reactor }) => {
    if (Atomics.add(args, 0, 1) < 2) throw new Error('not yet');
    return { connection: (fd) => void new Connection(reactor, fd, {}).end('served') };
  };
  const pool = poolOf(body, { workers: 1, listen: loopback }, new Int32Array(new SharedArrayBuffer(4)));
  let errors = 0;
  pool.on('workerError', () => errors++);
  const answer = readAll(clientOf(pool));
  await pool.ready;
  expect(errors).toBe(2);
  expect(await answer).toBe('served');
});

const fragile: WorkerBody = ({ connection: { Connection }, reactor, index, args }) => ({
  connection(fd) {
    const made = new Connection(reactor, fd, {
      data: (c, chunk) => {
        const word = chunk.toString();
        if (word === 'throw') throw new Error('as asked');
        if (word === 'exit') process.exit(0);
        if (word === 'block') for (Atomics.store(args, 0, 1); ; );
        c.end(`${index}`);
      },
    });
    made.resume();
  },
});

test.each([
  ['throws', 'throw', endedBy('as asked')],
  ['exits 0', 'exit', /worker 0 has ended: it exited with code 0/],
])('a worker that %s is reported and replaced; others go on', async (_, word, message) => {
  for (const drive of ['attach', 'run'] as const) {
    const pool = poolOf(fragile, { listen: loopback, drive });
    await pool.ready;
    const failed = nextError(pool);
    expect(await ask(pool, word)).toMatch(/^$|ECONNRESET/);
    const { error, index } = await failed;
    expect(index).toBe(0);
    expect(error.message).toMatch(message);
    expect(error.code).toBe('ERR_WORKER_ENDED');
    expect(await ask(pool)).toBe('1');
    await eventually('it is replaced', () => pool.metrics().workers[0]?.ready === true);
    expect([await ask(pool), await ask(pool)].sort()).toEqual(['0', '1']);
    expect(pool.metrics().restarts).toBe(1);
  }
});

test('without a listener of workerError the process is warned', async () => {
  const pool = poolOf(fragile, { listen: loopback });
  await pool.ready;
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
  await ask(pool, 'throw');
  expect((await warned).message).toMatch(endedBy('as asked'));
});

test('a connection that connection() throws for is closed, and so are those that the worker has taken', async () => {
  const body: WorkerBody = ({ connection: { Connection }, reactor }) => {
    let count = 0;
    return {
      connection(fd) {
        if (++count === 3) throw new Error('enough');
        new Connection(reactor, fd, {});
      },
    };
  };
  const pool = poolOf(body, { workers: 1 });
  await pool.ready;
  const failed = nextError(pool);
  const peers = Array.from({ length: 3 }, () => {
    const [mine, fd] = socketpair();
    pool.handOff(fd);
    return own(mine);
  });
  expect((await failed).error.message).toMatch(endedBy('enough'));
  expect(await allReceived(peers)).toEqual(['', '', '']);
});

testWith(
  { notInDeno: endsNoBusyThread },
  'what is on its way to a worker that dies goes to another, with its data and its bytes',
  async () => {
    const gate = new Int32Array(new SharedArrayBuffer(8));
    const body: WorkerBody = ({ connection: { Connection }, reactor, index, args }) => ({
      connection(fd, handed) {
        Atomics.add(args, index, 1);
        if (index === 0) for (;;);
        new Connection(reactor, fd, {}).end(`${index} ${handed?.data} ${handed?.payload}`);
      },
    });
    const pool = poolOf(body, {}, gate);
    await pool.ready;
    const failed = nextError(pool);
    const give = (data: number): number => {
      const [mine, fd] = socketpair();
      pool.handOff(fd, { data, payload: new Uint8Array([data]), worker: 0 });
      return own(mine);
    };
    const taken = give(0);
    await eventually('worker 0 is busy', () => gate[0] === 1);
    const onTheirWay = Array.from({ length: 50 }, (_, i) => give(i + 1));
    await pool.threads[0]?.terminate();
    await failed;
    expect(await received(taken)).toBe(''); // the worker's environment has closed it
    expect(await allReceived(onTheirWay)).toEqual(onTheirWay.map((_, i) => `1 ${i + 1} ${i + 1}`));
  },
);

test('terminated at any moment: every connection is answered or ended, none hangs', {
  timeout: patience(60_000),
}, async () => {
  const drive = inDeno ? 'attach' : 'run'; // see endsNoBusyThread
  const pool = poolOf(echo, { listen: loopback, drive, maxQueued: 16 });
  pool.on('workerError', () => {});
  await pool.ready;
  let isOver = false;
  const killer = (async () => {
    for (let round = 0; round < 12; round++) {
      const ready = pool.metrics().workers.findIndex((worker) => worker.ready);
      await new Promise((resolve) => setTimeout(resolve, (round * 7) % 23));
      await pool.threads[ready]?.terminate();
    }
    isOver = true;
  })();
  const outcomes = new Map<string, number>();
  const clients = Array.from({ length: 16 }, async () => {
    while (!isOver) {
      const outcome = (await ask(pool)).replace(/^[01]\n/, '');
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  });
  await Promise.all([killer, ...clients]);
  expect(outcomes.get('hello')).toBeGreaterThan(0);
  for (const outcome of outcomes.keys()) expect(['hello', '', 'ECONNRESET', 'EPIPE']).toContain(outcome);
  await eventually('all serve again', () => pool.metrics().workers.every(({ ready }) => ready), 20_000);
  expect(await ask(pool)).toMatch(/hello$/);
});

test('a worker that dies again and again is not started in a busy loop', async () => {
  const pool = poolOf(fragile, { workers: 1, listen: loopback });
  const times: number[] = [];
  pool.on('workerError', () => times.push(performance.now()));
  await pool.ready;
  for (let i = 0; i < 4; i++) expect(await ask(pool, 'throw')).toMatch(/^$|ECONNRESET/);
  await eventually('four times', () => times.length === 4);
  expect((times[2] as number) - (times[1] as number)).toBeGreaterThanOrEqual(200);
  expect((times[3] as number) - (times[2] as number)).toBeGreaterThanOrEqual(400);
});

testWith(
  { notInDeno: endsNoBusyThread },
  'a handler that is busy in one worker does not stop the others; terminated, it is replaced',
  async () => {
    const isBlocked = new Int32Array(new SharedArrayBuffer(4));
    const pool = poolOf(fragile, { listen: loopback }, isBlocked);
    await pool.ready;
    const blocked = clientOf(pool);
    blocked.write('block'); // worker 0
    await eventually('it is blocked', () => isBlocked[0] === 1);
    const waiting: Promise<string>[] = [];
    for (let i = 0; i < 20; i++) {
      const [one, other] = [ask(pool), ask(pool)]; // by turns
      expect(await Promise.race([one, other])).toBe('1');
      waiting.push(one, other);
    }
    const { turns } = pool.metrics().workers[0] ?? {};
    waiting.push(ask(pool), ask(pool));
    expect(await Promise.race(waiting.slice(-2))).toBe('1');
    expect(pool.metrics().workers[0]).toMatchObject({ turns, ready: true });
    const failed = nextError(pool);
    await pool.threads[0]?.terminate();
    expect((await failed).index).toBe(0);
    blocked.destroy();
    const answers = await Promise.all(waiting); // those in the ring of worker 0 as well
    expect(answers.filter((answer) => answer === '1').length).toBeGreaterThanOrEqual(20);
    expect(answers.every((answer) => answer === '0' || answer === '1')).toBe(true);
  },
);

testWith({ needs: 'strace' }, 'EMFILE in a worker: its connections wait, and are served', async () => {
  const { answers, leaked } = await reportOf(
    async ({ args, injectFaults, net, openFds, leftOpen, report, workers: { ReactorPool } }) => {
      const nothing = (): void => {};
      process.on('SIGWINCH', nothing).off('SIGWINCH', nothing); // Deno keeps the sockets of its first watcher
      const before = openFds();
      const source =
        '({ connection: { Connection }, reactor }) => ({ connection: (fd) => void new Connection(reactor, fd, {}).end("x") })';
      const pool = new ReactorPool(args, {
        workers: 2,
        mode: 'sharded',
        listen: { host: '127.0.0.1', port: 0 },
        workerData: { source },
      });
      await pool.ready;
      const end = injectFaults(['accept4', 'error=EMFILE', '1..3']);
      const { port } = pool.address as { port: number };
      const ask = (): Promise<string> =>
        new Promise((resolve) => {
          let text = '';
          net
            .connect(port, '127.0.0.1')
            .on('data', (chunk) => {
              text += chunk;
            })
            .on('close', () => resolve(text))
            .on('error', (error) => resolve(String(error)));
        });
      const answers = await Promise.all(Array.from({ length: 20 }, ask));
      end();
      await pool.close();
      // libuv opens /dev/null with its first stream, and keeps it.
      report({ answers, leaked: (await leftOpen(before, 1)).filter((name) => !name.endsWith(' /dev/null')) });
    },
    { args: modulePath, timeoutMs: 30_000 },
  );
  expect(answers).toEqual(Array.from({ length: 20 }, () => 'x'));
  expect(leaked.filter((name: string) => !isOfHostsLoop(name))).toEqual([]);
});
