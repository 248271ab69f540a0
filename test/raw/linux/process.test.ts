// pidfd_open(2), pidfd_send_signal(2) and waitid(2) through fdreactor/linux.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Interest, Ready } from 'fdreactor';
import { constants, eventfd, pidfd_open, pidfd_send_signal, waitid } from 'fdreactor/linux';
import { expect, test } from 'vitest';
import { reportOf } from '../../helpers/child.js';
import { testWith } from '../../helpers/needs.js';
import { dispose, ownFile } from '../../helpers/owned.js';
import { expectArgumentType, expectBadArgument, expectOutOfRange, expectSystemError } from '../../helpers/throws.js';
import { badFds } from '../../helpers/values.js';
import { awaitReady } from '../../helpers/wait.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;
const { CLD_EXITED, CLD_KILLED, P_ALL, P_PGID, P_PID, P_PIDFD, WEXITED, WNOWAIT, WSTOPPED } = constants;
const takes = 'it takes the ends of its children itself, at any time';
const inNode = { notInBun: takes, notInDeno: takes };

/** A child that waits until a signal ends it, and its pidfd. */
function sleeping(): { child: ChildProcess; pid: number; pidfd: number } {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  dispose({ close: () => child.kill('SIGKILL') });
  const pid = child.pid as number;
  return { child, pid, pidfd: ownFile(pidfd_open(pid)) };
}

test('a reactor wakes when the process has ended, and stays READABLE', async () => {
  const { child, pidfd } = sleeping();
  const ended = once(child, 'exit');
  pidfd_send_signal(pidfd, 0);
  pidfd_send_signal(pidfd, 'SIGTERM');
  for (let i = 0; i < 2; i++) expect(awaitReady(pidfd, Interest.READABLE) & Ready.READABLE).toBe(Ready.READABLE);
  expect(await ended).toEqual([null, 'SIGTERM']);
  expect(awaitReady(pidfd, Interest.READABLE) & Ready.READABLE).toBe(Ready.READABLE);
  expectSystemError(() => pidfd_send_signal(pidfd, 'SIGTERM'), 'ESRCH', { syscall: 'pidfd_send_signal', fd: pidfd });
});

test('a signal by its number', async () => {
  const { child, pidfd } = sleeping();
  const ended = once(child, 'exit');
  pidfd_send_signal(pidfd, 9);
  expect(await ended).toEqual([null, 'SIGKILL']);
});

testWith(inNode, 'waitid says null while nothing has happened; WNOWAIT leaves the end to libuv', async () => {
  const { child, pid, pidfd } = sleeping();
  const ended = once(child, 'exit');
  expect(waitid(P_PIDFD, pidfd, WEXITED | WNOWAIT)).toBe(null);
  expect(waitid(P_PID, pid, WEXITED | WNOWAIT)).toBe(null);
  pidfd_send_signal(pidfd, 'SIGTERM');
  awaitReady(pidfd, Interest.READABLE);
  const state = { pid, uid: process.getuid?.(), status: 15, code: CLD_KILLED };
  expect(waitid(P_PIDFD, pidfd, WEXITED | WNOWAIT)).toEqual(state);
  expect(waitid(P_PID, pid, WEXITED | WNOWAIT)).toEqual(state);
  expect(await ended).toEqual([null, 'SIGTERM']);
  expectSystemError(() => waitid(P_PIDFD, pidfd, WEXITED | WNOWAIT), 'ECHILD', { syscall: 'waitid' });
});

testWith(inNode, 'an exit code', async () => {
  const child = spawn('sh', ['-c', 'read line; exit 7'], { stdio: ['pipe', 'ignore', 'ignore'] });
  dispose({ close: () => child.kill('SIGKILL') });
  const pidfd = ownFile(pidfd_open(child.pid as number));
  const ended = once(child, 'exit');
  child.stdin?.end('line\n');
  awaitReady(pidfd, Interest.READABLE);
  expect(waitid(P_PIDFD, pidfd, WEXITED | WNOWAIT)).toMatchObject({ status: 7, code: CLD_EXITED });
  expect(await ended).toEqual([7, null]);
});

testWith(inNode, 'a child that is stopped, and goes on', async () => {
  const { child, pid, pidfd } = sleeping();
  const ended = once(child, 'exit');
  const outcome = await reportOf(
    ({ linux, args, report }) => {
      // Not its child: the kernel tells only the parent.
      const pidfd = linux.pidfd_open(args.pid);
      let told = 'nothing';
      try {
        linux.waitid(linux.constants.P_PIDFD, pidfd, linux.constants.WEXITED);
      } catch (error) {
        told = (error as { code: string }).code;
      }
      report(told);
    },
    { args: { pid } },
  );
  expect(outcome).toBe('ECHILD');
  pidfd_send_signal(pidfd, 'SIGSTOP');
  // Nothing tells of it but SIGCHLD, so ask again.
  let state = waitid(P_PID, pid, WSTOPPED);
  for (; state === null; state = waitid(P_PID, pid, WSTOPPED)) await new Promise((resolve) => setImmediate(resolve));
  expect(state).toMatchObject({ pid, status: 19, code: constants.CLD_STOPPED });
  pidfd_send_signal(pidfd, 'SIGCONT');
  state = waitid(P_PID, pid, constants.WCONTINUED);
  for (; state === null; state = waitid(P_PID, pid, constants.WCONTINUED)) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(state).toMatchObject({ pid, status: 18, code: constants.CLD_CONTINUED });
  pidfd_send_signal(pidfd, 'SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
});

testWith(inNode, 'without WNOWAIT the end is taken: the second call is ECHILD, and libuv hears nothing', async () => {
  const { first, second, exits } = await reportOf(
    async ({ linux, Reactor, Interest, childProcess, report, outcomeOf }) => {
      const { P_PIDFD, P_ALL, WEXITED } = linux.constants;
      const child = childProcess.spawn('sleep', ['1000'], { stdio: 'ignore' });
      let exits = 0;
      child.on('exit', () => exits++);
      const pidfd = linux.pidfd_open(child.pid as number);
      const reactor = new Reactor();
      linux.pidfd_send_signal(pidfd, 'SIGTERM');
      reactor.register(pidfd, Interest.READABLE, () => reactor.stop());
      reactor.run();
      const first = linux.waitid(P_PIDFD, pidfd, WEXITED);
      const second = outcomeOf(() => linux.waitid(P_ALL, 0, WEXITED)).error.code;
      // A later child's exit comes by the same signal.
      const later = childProcess.spawn('true', { stdio: 'ignore' });
      await new Promise((resolve) => later.on('exit', resolve));
      report({ first, second, exits });
      process.exit(0);
    },
  );
  expect(first).toMatchObject({ status: 15, code: CLD_KILLED });
  expect(second).toBe('ECHILD');
  expect(exits).toBe(0);
});

test('errors name the call', () => {
  expectSystemError(() => pidfd_open(2 ** 31 - 1), 'ESRCH', { syscall: 'pidfd_open' });
  expectSystemError(() => pidfd_open(process.pid, 1 << 30), 'EINVAL');
  expectSystemError(() => pidfd_send_signal(2 ** 31 - 1, 0), 'EBADF', { syscall: 'pidfd_send_signal' });
  expectSystemError(() => pidfd_send_signal(ownFile(eventfd()), 0), 'EBADF');
  expectSystemError(() => waitid(P_PID, process.pid, WEXITED), 'ECHILD', { syscall: 'waitid' });
  expectSystemError(() => waitid(P_PGID, 2 ** 31 - 1, WEXITED | WNOWAIT), 'ECHILD');
  expectSystemError(() => waitid(P_PIDFD, ownFile(eventfd()), WEXITED), 'EBADF');
  expectSystemError(() => waitid(99, 1, WEXITED), 'EINVAL');
  expectSystemError(() => waitid(P_ALL, 0, 0), 'EINVAL');
  expectSystemError(() => waitid(P_ALL, 0, WNOWAIT), 'EINVAL');
});

test('wrong arguments are refused by name', () => {
  const pidfd = ownFile(pidfd_open(process.pid));
  for (const { value } of badFds) {
    expectBadArgument(() => pidfd_open(value));
    expectBadArgument(() => pidfd_send_signal(value, 0));
    expectBadArgument(() => waitid(P_PID, value, WEXITED | WNOWAIT));
  }
  for (const pid of [0, -1]) expectOutOfRange(() => pidfd_open(pid));
  expectArgumentType(() => pidfd_open(process.pid, '0' as Any));
  for (const signal of [-1, 65, 0.5, Number.NaN]) expectOutOfRange(() => pidfd_send_signal(pidfd, signal));
  for (const signal of ['SIGNONSENSE', '', 'toString', '__proto__', 'sigterm'] as Any[]) {
    expectBadArgument(() => pidfd_send_signal(pidfd, signal));
  }
  for (const signal of [undefined, null, {}, true, 9n] as Any[]) {
    expectArgumentType(() => pidfd_send_signal(pidfd, signal));
  }
  for (const wrong of ['1', undefined, 2 ** 31, 0.5] as Any[]) {
    expectBadArgument(() => waitid(wrong, 1, WEXITED | WNOWAIT));
    expectBadArgument(() => waitid(P_PID, 1, wrong));
  }
});
