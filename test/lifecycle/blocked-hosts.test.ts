// A thread that waits can be ended: by worker.terminate() and process.exit(), also after its host was rung once and has
// not had its turn since (a report, a heap snapshot, a message). And a wait with a limit is never cut short.
import { expect, test } from 'vitest';
import { inChild, reportOf, type Toolbox } from '../helpers/child.js';
import { contractTest } from '../helpers/contract.js';
import { holds } from '../helpers/needs.js';
import { patience } from '../helpers/patience.js';

type Body = (toolbox: Toolbox) => void;

const RAW = 'wait(-1) of the raw layer';
const waits: Record<string, Body> = {
  'run()': ({ Reactor, workerThreads }) => {
    const reactor = new Reactor();
    reactor.createWaker(() => {});
    workerThreads.parentPort?.postMessage('ready');
    reactor.run();
  },
  'poll(-1)': ({ Reactor, workerThreads }) => {
    const reactor = new Reactor();
    workerThreads.parentPort?.postMessage('ready');
    for (;;) reactor.poll(-1);
  },
  'poll(3600000)': ({ Reactor, workerThreads }) => {
    const reactor = new Reactor();
    workerThreads.parentPort?.postMessage('ready');
    reactor.poll(3_600_000);
  },
  [RAW]: ({ rawQueue, workerThreads }) => {
    const queue = rawQueue();
    workerThreads.parentPort?.postMessage('ready');
    for (;;) queue.wait(-1);
  },
};

const main = async ({ startWorker, report, args }: Toolbox): Promise<void> => {
  const worker = startWorker({ toString: () => args.body } as unknown as Body);
  await new Promise((resolve) => worker.once('message', resolve));
  await new Promise((resolve) => setTimeout(resolve, 60)); // it waits by now
  if (args.ring === 'report') process.report.getReport();
  if (args.ring === 'snapshot') worker.getHeapSnapshot().catch(() => {});
  if (args.ring === 'message') worker.postMessage('unheard');
  await new Promise((resolve) => setTimeout(resolve, 60)); // it was rung by now
  if (args.end === 'exit') process.exit(0);
  const start = performance.now();
  await worker.terminate();
  report(performance.now() - start);
  process.exit(0);
};

const node = {
  notInBun: 'Bun has neither reports nor heap snapshots of workers',
  notInDeno: 'Deno has neither reports nor heap snapshots of workers',
};

for (const [how, wait] of Object.entries(waits)) {
  for (const ring of ['nothing', 'report', 'snapshot', 'message']) {
    const body = String(wait);
    const name = `after its host was rung by: ${ring}`;
    const notOnWindows = wait === waits[RAW] ? 'the raw layer of the test is that of epoll or kqueue' : undefined;
    if (!holds(`${how}: ${name}`, { ...node, notOnWindows })) continue;
    test(`a worker in ${how} is terminated, ${name}`, async () => {
      expect(await reportOf(main, { args: { body, ring, end: 'terminate' } })).toBeLessThan(patience(2000));
    });
    test(`a process with a worker in ${how} exits, ${name}`, async () => {
      expect(await inChild(main, { args: { body, ring, end: 'exit' } })).toMatchObject({ code: 0, signal: null });
    });
  }
}

contractTest('a wait with a limit lasts as long as it says, whatever the host has to do', ({ reactor }) => {
  const immediate = setImmediate(() => {});
  const timer = setTimeout(() => {}, 1);
  for (const limitMs of [0.5, 20, 300]) {
    const start = performance.now();
    expect(reactor.poll(limitMs)).toBe(0);
    expect(performance.now() - start).toBeGreaterThanOrEqual(limitMs);
  }
  clearTimeout(timer);
  clearImmediate(immediate);
});

contractTest('a wait without limit returns 0 when the host has something to do', async ({ reactor }) => {
  let ran = false;
  setTimeout(() => {
    ran = true;
  }, 1);
  process.report?.getReport();
  for (let polls = 0; !ran && polls < 100; polls++) {
    expect(reactor.poll(-1)).toBe(0);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(ran).toBe(true);
});

const late = ({ Reactor, report }: Toolbox): void => {
  const vm = process.getBuiltinModule('node:vm');
  const reactor = new Reactor();
  reactor.createWaker(() => {});
  const codes = [];
  for (const call of ['reactor.run()', 'reactor.poll(-1)', 'reactor.poll(3600000)']) {
    try {
      vm.runInNewContext(`for (;;) ${call}`, { reactor }, { timeout: 700 });
    } catch (error) {
      codes.push((error as NodeJS.ErrnoException).code);
    }
  }
  let fired = false;
  reactor.setTimer(1, () => {
    fired = true;
  });
  for (let polls = 0; !fired && polls < 100; polls++) reactor.poll(100);
  report({ codes, fired });
  process.exit(0);
};

if (holds('a vm time-out ends a wait', node)) {
  test('a vm time-out ends a wait that has gone on for several slices, and the reactor goes on', async () => {
    const code = 'ERR_SCRIPT_EXECUTION_TIMEOUT';
    expect(await reportOf(late)).toEqual({ codes: [code, code, code], fired: true });
  });
}
