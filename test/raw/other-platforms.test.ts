// The raw modules of other platforms can be imported here; `supported` says that they are not there, and their
// constructors refuse in words. Nothing is emulated in silence.
import { capabilities, Reactor } from 'fdreactor';
import * as epoll from 'fdreactor/epoll';
import * as iocp from 'fdreactor/iocp';
import * as kqueue from 'fdreactor/kqueue';
import * as linux from 'fdreactor/linux';
import { SocketAddress } from 'fdreactor/socket';
import { describe, expect, test } from 'vitest';
import { expectBadArgument, expectUnsupported } from '../helpers/throws.js';

// biome-ignore lint/suspicious/noExplicitAny: members are looked up by name
type Any = any;

const modules: Record<string, { module: Any; backend: string; constructors: Record<string, unknown[]> }> = {
  epoll: { module: epoll, backend: 'epoll', constructors: { Epoll: [], EpollEvents: [16] } },
  kqueue: { module: kqueue, backend: 'kqueue', constructors: { Kqueue: [], KeventList: [16] } },
  iocp: {
    module: iocp,
    backend: 'iocp',
    constructors: { CompletionPort: [], CompletionEntries: [16], Overlapped: [] },
  },
};
const absent = Object.entries(modules).filter(([, { module }]) => !module.supported);

test('they say beforehand whether they are supported, and the Reactor agrees', () => {
  const { backends } = capabilities();
  for (const [name, { module, backend }] of Object.entries(modules)) {
    expect(module.supported, name).toBe(backends.includes(backend as Any));
  }
  expect(absent).toHaveLength(2);
});

describe.each(absent)('%s', (_, { module, constructors }) => {
  test.each(Object.entries(constructors))('%s throws UnsupportedError', (name, args) => {
    expectUnsupported(() => new module[name](...args));
  });
});

test('addresses of vsock(7) and netlink(7) are made on Linux; elsewhere they throw UnsupportedError', () => {
  for (const make of [() => SocketAddress.vsock(2, 1), () => SocketAddress.netlink()]) {
    if (epoll.supported) expect(make()).toBeInstanceOf(SocketAddress);
    else expectUnsupported(make);
  }
});

test('the calls of Windows are there; elsewhere they throw UnsupportedError, whatever they are given', () => {
  const names = [
    'acceptEx',
    'connectEx',
    'disconnectEx',
    'wsaRecv',
    'wsaSend',
    'wsaRecvFrom',
    'wsaSendTo',
    'transmitFile',
    'readFile',
    'writeFile',
    'cancelIoEx',
    'afdPoll',
  ];
  for (const name of names) {
    expect(iocp, name).toHaveProperty(name);
    if (iocp.supported) expectBadArgument(() => (iocp as Any)[name]());
    else expectUnsupported(() => (iocp as Any)[name]());
  }
});

test('the calls of Linux are there; elsewhere they throw UnsupportedError, whatever they are given', () => {
  const calls = Object.entries(linux as Any).filter(([, value]) => typeof value === 'function') as [string, Any][];
  expect(calls.map(([name]) => name)).toEqual(expect.arrayContaining(['eventfd', 'timerfd_create', 'InotifyEvents']));
  if (linux.supported) return;
  expect(linux.constants).toEqual({});
  for (const [name, call] of calls) {
    const isClass = /^[A-Z]/.test(name);
    for (const args of [[], [1, 2, 3]]) expectUnsupported(() => (isClass ? new call(...args) : call(...args)));
  }
});

test('a Reactor over a backend that is not here is unsupported; an unknown one is a wrong argument', () => {
  for (const backend of ['epoll', 'kqueue', 'iocp'] as const) {
    if (capabilities().backends.includes(backend)) new Reactor({ backend }).close();
    else expectUnsupported(() => new Reactor({ backend }));
  }
  for (const backend of ['select', '', 1, null, {}] as Any[]) expectBadArgument(() => new Reactor({ backend }));
});

test('capabilities() answers with plain booleans and lists, fresh each time', () => {
  const first = capabilities() as Any;
  expect(first.backends.length).toBeGreaterThan(0);
  for (const name of ['edge', 'oneshot', 'priority', 'sendfile', 'splice', 'reusePort', 'cpuSteering', 'signals']) {
    expect(typeof first[name], name).toBe('boolean');
  }
  try {
    first.backends.push('mine');
    first.edge = 'mine';
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
  }
  expect(capabilities().backends).not.toContain('mine');
  expect(capabilities().edge).not.toBe('mine');
});
