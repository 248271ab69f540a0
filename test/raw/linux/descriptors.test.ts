// Every fd that fdreactor/linux makes is close-on-exec, and non-blocking where that means something; a worker closes
// those that it has made.
import * as linux from 'fdreactor/linux';
import { expect, test } from 'vitest';
import { reportOf, type Toolbox } from '../../helpers/child.js';
import { testWith } from '../../helpers/needs.js';
import { fdFlags, O_CLOEXEC, O_NONBLOCK } from '../../helpers/open-fds.js';
import { ownFile } from '../../helpers/owned.js';

const { constants } = linux;

const nonBlocking: Record<string, () => number> = {
  eventfd: () => linux.eventfd(),
  timerfd: () => linux.timerfd_create(constants.CLOCK_MONOTONIC),
  inotify: () => linux.inotify_init1(),
  pidfd: () => linux.pidfd_open(process.pid),
  duplicate: () => linux.fcntl(ownFile(linux.eventfd()), constants.F_DUPFD_CLOEXEC),
};
test.each(Object.entries(nonBlocking))('%s: close-on-exec and non-blocking', (_, make) => {
  expect(fdFlags(ownFile(make())) & (O_CLOEXEC | O_NONBLOCK)).toBe(O_CLOEXEC | O_NONBLOCK);
});

test('a memfd is close-on-exec; the master of a pty non-blocking as well, its slave blocking', () => {
  expect(fdFlags(ownFile(linux.memfd_create('x'))) & O_CLOEXEC).toBe(O_CLOEXEC);
  const [master, slave] = linux.openpty().map(ownFile) as [number, number];
  expect(fdFlags(master) & (O_CLOEXEC | O_NONBLOCK)).toBe(O_CLOEXEC | O_NONBLOCK);
  expect(fdFlags(slave) & (O_CLOEXEC | O_NONBLOCK)).toBe(O_CLOEXEC);
});

testWith(
  { notInDeno: 'Deno closes the event loop of a worker late' },
  'a worker that ends leaves none of them open; one that was detached stays',
  async () => {
    const { made, leaked, detached } = await reportOf(async ({ startWorker, openFds, leftOpen, report }) => {
      const body = ({ linux, socket, workerThreads }: Toolbox): void => {
        const { CLOCK_MONOTONIC, F_DUPFD_CLOEXEC } = linux.constants;
        const detached = linux.eventfd();
        socket.detachFd(detached);
        const made = [
          linux.timerfd_create(CLOCK_MONOTONIC),
          linux.inotify_init1(),
          linux.pidfd_open(process.pid),
          linux.memfd_create('mine'),
          linux.fcntl(linux.eventfd(), F_DUPFD_CLOEXEC),
          ...linux.openpty(),
        ];
        workerThreads.parentPort?.postMessage([detached, made.length]);
      };
      const warmUp = startWorker(() => {});
      await new Promise((resolve) => warmUp.on('exit', resolve));
      const before = openFds();
      const worker = startWorker(body as (toolbox: Toolbox) => void);
      const ended = new Promise((resolve) => worker.on('exit', resolve));
      const [detached, made] = await new Promise<[number, number]>((resolve) => worker.once('message', resolve));
      await ended;
      const left = await leftOpen(before, 1);
      report({ made, leaked: left.filter((name) => !name.startsWith(`${detached} `)), detached: left.length });
    });
    expect(made).toBe(7);
    expect(leaked).toEqual([]);
    expect(detached).toBe(1);
  },
);
