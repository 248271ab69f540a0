// Compiled, never run: worker processes, each call with its documented type, and uses that must be refused.
import type { Reactor } from 'fdreactor';
import {
  type ListenFd,
  listenFds,
  Master,
  type MasterInfo,
  notify,
  WorkerError,
  watchdogMs,
  worker,
} from 'fdreactor/master';

export async function processes(reactor: Reactor): Promise<void> {
  const master: Master = new Master({
    worker: new URL('file:///worker.js'),
    workers: 2,
    spare: 1,
    listeners: { http: { fdName: 'http', host: '::', port: 80 }, local: { path: '/socket' } },
    drainMs: 1,
    heartbeatMs: 0,
    maxGenerations: 2,
  });
  master.on('workerError', (error) => error instanceof WorkerError && error.generation);
  master.on('failed', (action: 'reload' | 'upgrade', error: Error) => [action, error]);
  await master.start();
  await master.reload();
  await master.upgrade();
  await master.stop();
  const state: MasterInfo = master.state();
  const numbers: number[] = [state.pid, ...state.workers.map(({ turns }) => turns)];
  worker.onServe(({ http }) => numbers.push(http ?? 0));
  worker.onDrain((deadlineMs: number) => numbers.push(deadlineMs));
  worker.ready(reactor);
  worker.drained();
  const passed: ListenFd[] = listenFds();
  const told: boolean = notify({ READY: 1, MAINPID: 1, X_OWN: 'value' }, [passed[0]?.fd ?? 0]);
  const timeMs: number | null = watchdogMs();
  console.log(told, timeMs);
  // @ts-expect-error a worker program
  new Master({});
  // @ts-expect-error of systemd
  notify({ READY: true });
}
