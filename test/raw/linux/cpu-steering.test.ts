// Steering of a group of SO_REUSEPORT by processor: clients that are pinned to one (taskset) reach the socket with its
// number, in the order of listen(), whatever was closed meanwhile. With one processor only its number is tried.
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { runCommand } from '../../helpers/child.js';
import { testWith } from '../../helpers/needs.js';
import { noteNotRun } from '../../helpers/not-run.js';
import { own } from '../../helpers/owned.js';
import { listen, portOf } from '../../helpers/pairs.js';
import { expectBadArgument, expectOutOfRange, expectSystemError } from '../../helpers/throws.js';

const { constants, steerByCpu, stopSteering } = socket;
const { AF_INET, SOCK_STREAM, SOCK_DGRAM, SOL_SOCKET } = constants;
const SO_REUSEPORT = constants.SO_REUSEPORT as number;
const SO_INCOMING_CPU = constants.SO_INCOMING_CPU as number;
const program = fileURLToPath(new URL('../../helpers/linux/arrive.mjs', import.meta.url));
const loopback = { host: '127.0.0.1', port: 0 };
const ATTEMPTS = 32;
const notInQemu = { needs: 'cpuSteering', notUnderQemu: 'qemu does not pass the option on' } as const;
const pinned = { needs: 'cpuSteering', notUnderQemu: 'taskset is a program of the machine that builds' } as const;

/** The first two processors that this process may run on; the same twice if there is one. */
function twoCpus(): [number, number] {
  const status = readFileSync('/proc/self/status', 'utf8');
  const list = /^Cpus_allowed_list:\s+(\S+)$/m.exec(status)?.[1] ?? '0';
  const cpus = list.split(',').flatMap((part) => {
    const [first, last = first] = part.split('-').map(Number);
    return Array.from({ length: (last as number) - (first as number) + 1 }, (_, i) => (first as number) + i);
  });
  return [cpus[0] as number, cpus[1] ?? (cpus[0] as number)];
}

const [oneCpu, otherCpu] = twoCpus();

/** A socket of the group at `port`, which neither listens nor is a member yet. */
function bound(port: number, type: number = SOCK_STREAM): number {
  const fd = own(socket.socket(AF_INET, type));
  socket.setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  socket.bind(fd, { ...loopback, port });
  return fd;
}

/** A group of listeners at one port, in the order of listen(). */
function group(size: number): { listeners: number[]; port: number } {
  const first = own(socket.listenTcp({ ...loopback, reusePort: true }));
  const port = portOf(first);
  const others = Array.from({ length: size - 1 }, () => own(socket.listenTcp({ ...loopback, port, reusePort: true })));
  return { listeners: [first, ...others], port };
}

/** Connects, or sends datagrams, from a process on one processor. */
async function arrive(cpu: number, port: number, kind: 'tcp' | 'udp' = 'tcp'): Promise<void> {
  const client = [process.execPath, program, kind, String(port), String(ATTEMPTS)];
  const { code, stderr } = await runCommand(['taskset', '-c', String(cpu), ...client]);
  expect([code, stderr]).toEqual([0, '']);
}

/** How many connections, or datagrams, wait at each socket; takes them. */
function countsOf(fds: readonly number[], take: (fd: number) => number = takeConnection): number[] {
  return fds.map((fd) => {
    let count = 0;
    while (take(fd) !== WOULD_BLOCK) count++;
    return count;
  });
}

function takeConnection(listener: number): number {
  const fd = socket.accept(listener);
  if (fd !== WOULD_BLOCK) socket.close(fd);
  return fd;
}

/** What countsOf() says if everything came to one socket. */
const allAt = (index: number, size: number): number[] =>
  Array.from({ length: size }, (_, i) => (i === index ? ATTEMPTS : 0));

testWith(pinned, 'each connection comes to the listener of the processor that it came by', async () => {
  const { listeners, port } = group(2);
  steerByCpu(listeners[1] as number, 2);
  for (const cpu of [oneCpu, otherCpu]) {
    await arrive(cpu, port);
    expect(countsOf(listeners), `processor ${cpu}`).toEqual(allAt(cpu % 2, 2));
  }
});

testWith(pinned, 'the numbers follow the order of listen(), not that of bind()', async () => {
  const first = bound(0);
  const port = portOf(first);
  const second = bound(port);
  socket.listen(second, 64);
  socket.listen(first, 64);
  steerByCpu(first, 2);
  await arrive(oneCpu, port);
  expect(countsOf([second, first])).toEqual(allAt(oneCpu % 2, 2));
});

testWith(pinned, 'attached before listen(), the socket is number 0, and those that join are steered', async () => {
  const first = bound(0);
  const port = portOf(first);
  steerByCpu(first, 2);
  socket.listen(first, 64);
  const second = bound(port); // not before: the kernel then lets only one of them listen
  socket.listen(second, 64);
  await arrive(oneCpu, port);
  await arrive(otherCpu, port);
  const expected = [0, 0];
  for (const cpu of [oneCpu, otherCpu]) (expected[cpu % 2] as number) += ATTEMPTS;
  expect(countsOf([first, second])).toEqual(expected);
});

testWith(pinned, 'when one closes, the last gets its number, and steering goes on with one less', async () => {
  const { listeners, port } = group(3);
  const [first, second, third] = listeners as [number, number, number];
  steerByCpu(first, 3);
  socket.close(first);
  steerByCpu(second, 2); // the third is number 0 from here on
  for (const cpu of [oneCpu, otherCpu]) {
    await arrive(cpu, port);
    expect(countsOf([third, second]), `processor ${cpu}`).toEqual(allAt(cpu % 2, 2));
  }
});

testWith(pinned, 'a number that no socket has falls back to the hash: nothing is refused', async () => {
  const { listeners, port } = group(2);
  steerByCpu(listeners[0] as number, 65_535);
  await arrive(oneCpu, port);
  socket.close(listeners[1] as number); // and so does the number of one that was closed
  await arrive(otherCpu, port);
  const [atFirst = 0] = countsOf(listeners.slice(0, 1));
  expect(atFirst).toBeGreaterThanOrEqual(ATTEMPTS);
});

testWith(pinned, 'the last call counts, and stopSteering() leaves it to the hash again', async () => {
  const { listeners, port } = group(2);
  const [first, second] = listeners as [number, number];
  steerByCpu(first, 2);
  steerByCpu(second, 1);
  await arrive(oneCpu, port);
  await arrive(otherCpu, port);
  expect(countsOf(listeners)).toEqual([2 * ATTEMPTS, 0]);
  stopSteering(second);
  await arrive(oneCpu, port);
  const spread = countsOf(listeners);
  expect(Math.min(...spread)).toBeGreaterThan(0); // all at one: once in 2^31
  expectSystemError(() => stopSteering(first), 'ENOENT', { syscall: 'setsockopt', fd: first });
});

testWith(pinned, 'datagrams are steered as well, in the order of bind()', async () => {
  const first = bound(0, SOCK_DGRAM);
  const port = portOf(first);
  const sockets = [first, bound(port, SOCK_DGRAM)];
  steerByCpu(first, 2);
  const buffer = new Uint8Array(1);
  for (const cpu of [oneCpu, otherCpu]) {
    await arrive(cpu, port, 'udp');
    const counts = countsOf(sockets, (fd) => socket.recv(fd, buffer));
    expect(counts, `processor ${cpu}`).toEqual(allAt(cpu % 2, 2));
  }
});

testWith(pinned, 'SO_INCOMING_CPU: a connection tells the processor that it came by', async () => {
  const { listener, port } = listen();
  expect(socket.getsockopt(listener, SOL_SOCKET, SO_INCOMING_CPU)).toBe(-1);
  await arrive(otherCpu, port);
  const connection = own(socket.accept(listener));
  expect(socket.getsockopt(connection, SOL_SOCKET, SO_INCOMING_CPU)).toBe(otherCpu);
  countsOf([listener]);
});

/** From then on a group looks at it. */
const honoursIncomingCpu = ((): boolean => {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return major > 6 || (major === 6 && minor >= 2);
})();

const name = 'SO_INCOMING_CPU: set on each listener of a group, it steers without a program';
if (!honoursIncomingCpu) noteNotRun(`test/raw/linux/cpu-steering.test.ts > ${name}`, 'a group looks at it from 6.2 on');
else {
  testWith(pinned, name, async () => {
    const { listeners, port } = group(2);
    const cpus = [otherCpu, oneCpu];
    for (const [i, fd] of listeners.entries()) {
      socket.setsockopt(fd, SOL_SOCKET, SO_INCOMING_CPU, cpus[i] as number);
      expect(socket.getsockopt(fd, SOL_SOCKET, SO_INCOMING_CPU)).toBe(cpus[i]);
    }
    for (const cpu of [oneCpu, otherCpu]) {
      await arrive(cpu, port);
      expect(countsOf(listeners), `processor ${cpu}`).toEqual(allAt(cpus.indexOf(cpu), 2));
    }
  });
}

testWith(notInQemu, 'what cannot be steered is refused', () => {
  const { listener } = listen();
  const option = 'SOL_SOCKET SO_ATTACH_REUSEPORT_CBPF';
  expectSystemError(() => steerByCpu(listener, 2), 'EINVAL', { syscall: 'setsockopt', option });
  expectSystemError(() => stopSteering(listener), 'EINVAL', { fd: listener });
  expectSystemError(() => steerByCpu(2 ** 31 - 1, 2), 'EBADF', { fd: 2 ** 31 - 1 });
  expectSystemError(() => stopSteering(2 ** 31 - 1), 'EBADF');
});

test('wrong arguments are named', () => {
  const { listener } = listen();
  for (const sockets of [0, -1, 1.5, 65_536, Number.NaN]) expectOutOfRange(() => steerByCpu(listener, sockets));
  for (const fd of [-1, 2 ** 31]) {
    expectOutOfRange(() => steerByCpu(fd, 1));
    expectOutOfRange(() => stopSteering(fd));
  }
  expectBadArgument(() => steerByCpu(listener, '2' as unknown as number));
  expectBadArgument(() => steerByCpu(listener, undefined as unknown as number));
});
