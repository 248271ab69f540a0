// Wrong arguments of ReactorPool: a typed error that names the argument, and nothing is left open or running.
import { UnsupportedError } from 'fdreactor';
import { getsockname, listenTcp, socketpair } from 'fdreactor/socket';
import { ReactorPool } from 'fdreactor/workers';
import { expect, test } from 'vitest';
import { testWith } from '../helpers/needs.js';
import { own, ownBoth } from '../helpers/owned.js';
import { caught, expectSystemError } from '../helpers/throws.js';
import { loopback, modulePath } from './pools.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;

const wrong: [string, Any, string][] = [
  ['workers', 0, 'ERR_OUT_OF_RANGE'],
  ['workers', 1025, 'ERR_OUT_OF_RANGE'],
  ['workers', '2', 'ERR_INVALID_ARG_TYPE'],
  ['mode', 'both', 'ERR_INVALID_ARG_VALUE'],
  ['listen', -1, 'ERR_OUT_OF_RANGE'],
  ['listen', null, 'ERR_INVALID_ARG_TYPE'],
  ['policy', 'random', 'ERR_INVALID_ARG_VALUE'],
  ['policy', 5, 'ERR_INVALID_ARG_TYPE'],
  ['drive', 'poll', 'ERR_INVALID_ARG_VALUE'],
  ['maxQueued', 0, 'ERR_OUT_OF_RANGE'],
  ['maxQueued', 65_537, 'ERR_OUT_OF_RANGE'],
  ['startTimeoutMs', 0, 'ERR_OUT_OF_RANGE'],
  ['reactor', {}, 'ERR_INVALID_ARG_TYPE'],
  ['cpus', 1, 'ERR_INVALID_ARG_TYPE'],
  ['cpus', [], 'ERR_INVALID_ARG_VALUE'],
  ['cpus', [-1], 'ERR_OUT_OF_RANGE'],
];

test.each(wrong)('the option %s: %j', (name, value, code) => {
  const error = caught(() => new ReactorPool(modulePath, { [name]: value }));
  expect(error.code).toBe(code);
  expect(error.message).toContain(`options.${name}`);
});

test('cpus of a length that no memory holds', () => {
  const cpus = Object.assign([], { length: 2 ** 32 - 1 });
  expect(caught(() => new ReactorPool(modulePath, { cpus })).message).toContain('options.cpus[0]');
});

test.each([undefined, 5, './module.mjs', 'module.mjs', ''])('the url %j', (url) => {
  const error = caught(() => new ReactorPool(url as Any));
  expect(error.code).toMatch(/^ERR_INVALID_ARG_(TYPE|VALUE)$/);
  expect(error.message).toContain('url must be');
});

test('sharded listeners have a host and a port', () => {
  for (const listen of [undefined, '/tmp/x', 5]) {
    const error = caught(() => new ReactorPool(modulePath, { mode: 'sharded', listen: listen as Any }));
    expect(error.message).toContain('options.listen');
  }
});

test('workerData that cannot be cloned', () => {
  const error = caught(() => new ReactorPool(modulePath, { listen: loopback, workerData: () => {} }));
  expect(error.name).toBe('DataCloneError');
});

test('an address that is taken, a socket that does not listen', () => {
  const { port } = getsockname(own(listenTcp(loopback))) as { port: number };
  expectSystemError(() => new ReactorPool(modulePath, { listen: { ...loopback, port } }), 'EADDRINUSE');
  const [connected] = ownBoth(socketpair());
  const error = caught(() => new ReactorPool(modulePath, { listen: connected }));
  expect(error.code).toMatch(/ERR_INVALID_ARG_VALUE|ENOTSOCK/);
});

test('a deadline', async () => {
  const pool = new ReactorPool(modulePath, { workers: 1 });
  pool.ready.catch(() => {});
  for (const deadlineMs of [-1, Number.NaN, '5'] as Any[]) {
    expect(caught(() => pool.close({ deadlineMs })).code).toBe('ERR_OUT_OF_RANGE');
  }
  await pool.close();
});

testWith({ needs: 'iocp' }, 'sharded listeners are refused on Windows', () => {
  const error = caught(() => new ReactorPool(modulePath, { mode: 'sharded', listen: loopback }));
  expect(error).toBeInstanceOf(UnsupportedError);
});

testWith({ needs: 'epoll' }, 'a CPU that the machine does not have ends a worker with a clear error', async () => {
  const pool = new ReactorPool(modulePath, { workers: 1, cpus: [8000] });
  pool.on('workerError', () => {});
  await expect(pool.ready).rejects.toThrow(/worker 0 did not start: EINVAL: .*sched_setaffinity/);
  await pool.close();
});
