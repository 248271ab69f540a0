// sched_setaffinity(2) and sched_getaffinity(2) through fdreactor/linux.
import { readFileSync } from 'node:fs';
import { sched_getaffinity, sched_setaffinity } from 'fdreactor/linux';
import { expect, test } from 'vitest';
import { reportOf, type Toolbox } from '../../helpers/child.js';
import { expectArgumentType, expectBadArgument, expectOutOfRange, expectSystemError } from '../../helpers/throws.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;

test('the CPUs are those that /proc tells', () => {
  const line = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/thread-self/status', 'utf8'))?.[1] ?? '';
  const told = line.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
  expect(sched_getaffinity()).toEqual(told);
  expect(sched_getaffinity(process.pid)).toEqual(told);
});

test('each thread has its own', async () => {
  const { worker, main, all } = await reportOf(async ({ linux, startWorker, report }) => {
    const all = linux.sched_getaffinity();
    const body = ({ linux: own, workerThreads }: Toolbox): void => {
      const last = own.sched_getaffinity().at(-1) as number;
      own.sched_setaffinity(0, [last, last, 8191]);
      workerThreads.parentPort?.postMessage(own.sched_getaffinity());
    };
    const worker = await new Promise((resolve) => startWorker(body as Any).once('message', resolve));
    report({ worker, main: linux.sched_getaffinity(), all });
  });
  expect(worker).toEqual([all.at(-1)]);
  expect(main).toEqual(all);
});

test('what the kernel refuses', () => {
  expectSystemError(() => sched_setaffinity(0, [8191]), 'EINVAL', { syscall: 'sched_setaffinity' });
  expectSystemError(() => sched_setaffinity(2 ** 31 - 1, [0]), 'ESRCH', { syscall: 'sched_setaffinity' });
  expectSystemError(() => sched_getaffinity(2 ** 31 - 1), 'ESRCH', { syscall: 'sched_getaffinity' });
});

test('wrong arguments are refused before a call', () => {
  for (const cpus of [undefined, null, 0, '0', new Uint8Array(2)] as Any[]) {
    expectArgumentType(() => sched_setaffinity(0, cpus));
  }
  expectBadArgument(() => sched_setaffinity(0, []));
  for (const cpu of [-1, 8192, 0.5, Number.NaN]) expectOutOfRange(() => sched_setaffinity(0, [0, cpu]));
  expectArgumentType(() => sched_setaffinity(0, ['0'] as Any));
  for (const thread of [-1, 2 ** 31, '0', null] as Any[]) {
    expectBadArgument(() => sched_setaffinity(thread, [0]));
    expectBadArgument(() => sched_getaffinity(thread));
  }
});
