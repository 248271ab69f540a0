// Compiled, never run: a pool of worker threads, each with its documented type, and uses that must be refused.
import type { Reactor } from 'fdreactor';
import { Connection } from 'fdreactor/connection';
import * as linux from 'fdreactor/linux';
import * as socket from 'fdreactor/socket';
import {
  type Handed,
  type PoolMetrics,
  ReactorPool,
  type WorkerContext,
  type WorkerHandlers,
  type WorkerLoad,
  type WorkerModule,
} from 'fdreactor/workers';

declare const bytes: Uint8Array;

export async function thePool(reactor: Reactor): Promise<void> {
  const module: WorkerModule<{ name: string }> = async ({ reactor: own, index, workerData, onDrain, drained }) => {
    onDrain(() => drained());
    const name: string = workerData.name + index;
    return {
      connection(fd: number, handed: Handed | undefined) {
        const made = new Connection(own, fd, {});
        if (handed?.payload !== undefined) made.write(handed.payload);
        void [name, handed?.data];
      },
    };
  };
  const made: WorkerHandlers = await module({ reactor } as WorkerContext<{ name: string }>);
  const policy = (fd: number, workers: readonly WorkerLoad[]): number =>
    workers.findIndex(({ ready, queued, load }) => ready && queued + load < fd);
  const pool: ReactorPool = new ReactorPool(new URL('file:///x.mjs'), {
    workers: 2,
    mode: 'hand-off',
    listen: { host: '::1', port: 0, backlog: 5 },
    policy,
    drive: 'run',
    workerData: { name: 'x' },
    cpus: [0, 1],
    maxQueued: 8,
    startTimeoutMs: 5,
    reactor,
  });
  new ReactorPool('/x.mjs', { mode: 'sharded', listen: { host: '::1', port: 0 }, policy: 'least-connections' });
  await pool.ready;
  const hasRoom: boolean = pool.handOff(3) && pool.handOff(3, { data: 1, payload: bytes, worker: 1 });
  const { accepted, waiting, restarts, workers }: PoolMetrics = pool.metrics();
  const port: number = pool.address !== null && 'port' in pool.address ? pool.address.port : 0;
  const terminated: number = await pool.close({ deadlineMs: 1 });
  socket.adopt(3);
  linux.sched_setaffinity(0, linux.sched_getaffinity());
  void [made, hasRoom, accepted, waiting, restarts, workers[0]?.turns, port, terminated, pool.threads[0]?.threadId];

  // @ts-expect-error no such mode
  new ReactorPool('/x.mjs', { mode: 'cluster' });
  // @ts-expect-error bytes, not text
  pool.handOff(3, { payload: 'text' });
}
