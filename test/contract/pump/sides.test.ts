// A Pump between any two of: a socket, a pipe, a file, a terminal, the master of one. Every byte arrives, the end as
// well, and nothing is waited for in vain.
import { randomBytes } from 'node:crypto';
import { constants, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Interest, type Reactor, type Registration, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { PipePool, Pump } from 'fdreactor/transfer';
import { afterAll, expect } from 'vitest';
import { reportOf } from '../../helpers/child.js';
import { contractTest } from '../../helpers/contract.js';
import { dispose, own } from '../../helpers/owned.js';
import { pipePair, recvAll, reset, sendAll, socketPair, tcpPair } from '../../helpers/pairs.js';
import { caught, expectInvalidState } from '../../helpers/throws.js';
import { awaitReady, turnFor, turnUntil } from '../../helpers/wait.js';
import { openPty } from './pty.js';

const { O_APPEND, O_CREAT, O_NOCTTY, O_RDWR, O_WRONLY } = constants;
const needs = { needs: ['splice', 'proc'] } as const;
const directory = mkdtempSync(join(tmpdir(), 'fdreactor-sides-'));
afterAll(() => rmSync(directory, { recursive: true }));
const newPool = (options = {}): PipePool => dispose(new PipePool(options));
let files = 0;
const newPath = (): string => join(directory, String(files++));

function fileOf(content: Uint8Array): number {
  const path = newPath();
  writeFileSync(path, content);
  return own(openSync(path, 'r'));
}

interface Driven {
  moves: number;
  error: unknown;
}

/** As the TSDoc of Pump says: a side is registered once it is waited for; with nothing to wait for, a later turn. */
function drive(reactor: Reactor, pump: Pump, sourceFd: number, destinationFd: number): Driven {
  const state: Driven = { moves: 0, error: undefined };
  const registrations = new Map<number, Registration>();
  const await_ = (fd: number, interest: number): void => {
    const registration = registrations.get(fd);
    if (registration !== undefined) registration.modify(interest);
    else if (interest !== 0) registrations.set(fd, reactor.register(fd, interest, step));
  };
  function step(): void {
    state.moves++;
    try {
      pump.move();
    } catch (error) {
      state.error = error;
    }
    if (state.error !== undefined || pump.done) {
      for (const registration of registrations.values()) registration.deregister();
      pump.close();
    } else wait();
  }
  function wait(): void {
    await_(sourceFd, pump.sourceInterest);
    await_(destinationFd, pump.destinationInterest);
    if (pump.sourceInterest === 0 && pump.destinationInterest === 0) reactor.setTimer(0, step);
  }
  wait();
  return state;
}

interface Source {
  fd: number;
  /** What the test writes to; null where the bytes are in a file. */
  writer: number | null;
  /** A terminal forgets what was not read when the other side closes. */
  endsWhenRead?: boolean;
  /** The last slave was closed. */
  error?: string;
}

const sources: Record<string, (content: Uint8Array) => Source> = {
  socket() {
    const [writer, fd] = socketPair();
    return { fd, writer };
  },
  pipe() {
    const [fd, writer] = pipePair();
    return { fd, writer };
  },
  file: (content) => ({ fd: fileOf(content), writer: null }),
  terminal() {
    const { master, slave } = openPty();
    return { fd: slave, writer: master, endsWhenRead: true };
  },
  master() {
    const { master, slave } = openPty();
    return { fd: master, writer: slave, endsWhenRead: true, error: 'EIO' };
  },
};

interface Destination {
  fd: number;
  /** What the test reads from; null for a file. */
  reader: number | null;
  path?: string;
}

const destinations: Record<string, () => Destination> = {
  socket() {
    const [fd, reader] = socketPair();
    return { fd, reader };
  },
  pipe() {
    const [reader, fd] = pipePair();
    return { fd, reader };
  },
  file() {
    const path = newPath();
    return { fd: own(openSync(path, 'w')), reader: null, path };
  },
  terminal() {
    const { master, slave } = openPty();
    return { fd: slave, reader: master };
  },
  master() {
    const { master, slave } = openPty();
    return { fd: master, reader: slave };
  },
};

/** Writes it all, then closes unless `stays`. */
function feed(reactor: Reactor, writer: number, content: Uint8Array, stays: boolean): void {
  let sent = 0;
  reactor.register(writer, Interest.WRITABLE, (_, registration) => {
    const n = socket.write(writer, content, sent, Math.min(content.length - sent, 10_000));
    if (n !== WOULD_BLOCK) sent += n;
    if (sent < content.length) return;
    registration.deregister();
    if (!stays) socket.close(writer);
  });
}

/** Reads all that comes. */
function collect(reactor: Reactor, reader: number): { bytes(): Buffer; count: number; ended: boolean } {
  const chunks: Buffer[] = [];
  const state = { bytes: () => Buffer.concat(chunks), count: 0, ended: false };
  reactor.register(reader, Interest.READABLE, (_, registration) => {
    const chunk = Buffer.alloc(20_000);
    const n = socket.read(reader, chunk);
    if (n > 0) {
      chunks.push(chunk.subarray(0, n));
      state.count += n;
    } else if (n === 0) {
      state.ended = true;
      registration.deregister();
    }
  });
  return state;
}

for (const [from, openSource] of Object.entries(sources)) {
  for (const [to, openDestination] of Object.entries(destinations)) {
    contractTest(
      `${from} to ${to}: all arrives, and the end`,
      ({ reactor }) => {
        const content = randomBytes(300_000);
        const source = openSource(content);
        const destination = openDestination();
        const pump = dispose(new Pump(source.fd, destination.fd, { pool: newPool() }));
        const state = drive(reactor, pump, source.fd, destination.fd);
        if (source.writer !== null) feed(reactor, source.writer, content, source.endsWhenRead === true);
        const sink = destination.reader === null ? null : collect(reactor, destination.reader);
        turnUntil(reactor, () => (sink?.count ?? pump.bytes) === content.length || state.error !== undefined);
        if (source.endsWhenRead) socket.close(source.writer as number);
        turnUntil(reactor, () => pump.done || state.error !== undefined);
        expect((state.error as NodeJS.ErrnoException | undefined)?.code).toBe(source.error);
        expect(pump).toMatchObject({ bytes: content.length, pending: 0, done: source.error === undefined });
        const arrived = sink?.bytes() ?? readFileSync(destination.path as string);
        expect(arrived.equals(content)).toBe(true);
        if (to === 'socket' && pump.done) turnUntil(reactor, () => sink?.ended === true);
        expect(pump).toMatchObject({ sourceInterest: 0, destinationInterest: 0 });
      },
      needs,
    );
  }
}

for (const to of ['socket', 'pipe', 'terminal', 'master']) {
  contractTest(
    `a file to a ${to} that is full: the pump waits for it, and does not turn`,
    ({ reactor }) => {
      const content = randomBytes(2 ** 20);
      const { fd, reader } = (destinations[to] as () => Destination)();
      const file = fileOf(content);
      const pump = dispose(new Pump(file, fd, { pool: newPool() }));
      expect([pump.sourceInterest, pump.destinationInterest]).toEqual([0, Interest.WRITABLE]);
      const state = drive(reactor, pump, file, fd);
      let before = -1;
      // A terminal takes a little more when the kernel has handed on what it has.
      while (before !== pump.bytes || pump.pending === 0) {
        before = pump.bytes;
        turnFor(reactor, 50);
      }
      const moves = state.moves;
      expect(pump.pending).toBeGreaterThan(0);
      turnFor(reactor, 30);
      expect(state.moves - moves).toBeLessThan(3);
      const sink = collect(reactor, reader as number);
      turnUntil(reactor, () => sink.count === content.length, 20_000);
      turnUntil(reactor, () => pump.done);
      expect(sink.bytes().equals(content)).toBe(true);
      expect(state.error).toBe(undefined);
    },
    needs,
  );
}

contractTest(
  'a file is read and written at its position; an empty one has ended',
  () => {
    const path = newPath();
    const target = own(openSync(path, 'w'));
    writeSync(target, 'before ');
    const file = fileOf(Buffer.from('skipped after'));
    socket.read(file, Buffer.alloc(8));
    const pump = dispose(new Pump(file, target, { pool: newPool() }));
    expect([pump.sourceInterest, pump.destinationInterest]).toEqual([0, 0]);
    expect(pump.move()).toBe(5);
    expect(pump.done).toBe(true);
    expect(readFileSync(path, 'latin1')).toBe('before after');
    const empty = dispose(new Pump(fileOf(Buffer.alloc(0)), target, { pool: newPool() }));
    expect([empty.move(), empty.done]).toEqual([0, true]);
  },
  needs,
);

contractTest(
  'file to file: each call moves a budget at most, until it is done',
  () => {
    const content = randomBytes(1_000_000);
    const path = newPath();
    const options = { pool: newPool({ pipeBytes: 65_536 }), budgetBytes: 100_000 };
    const pump = dispose(new Pump(fileOf(content), own(openSync(path, 'w')), options));
    let calls = 0;
    for (; !pump.done; calls++) {
      expect([pump.sourceInterest, pump.destinationInterest]).toEqual([0, 0]);
      expect(pump.move()).toBeLessThanOrEqual(100_000 + 65_536);
    }
    expect(calls).toBeGreaterThan(5);
    expect(readFileSync(path).equals(content)).toBe(true);
  },
  needs,
);

contractTest(
  'a device that cannot be polled is as a file',
  () => {
    const [near, far] = socketPair();
    const zeros = dispose(new Pump(own(openSync('/dev/zero', 'r')), near, { pool: newPool(), budgetBytes: 1000 }));
    expect([zeros.sourceInterest, zeros.destinationInterest]).toEqual([0, Interest.WRITABLE]);
    expect(zeros.move()).toBeGreaterThan(0);
    expect(zeros.done).toBe(false);
    const sink = dispose(new Pump(far, own(openSync('/dev/null', 'w')), { pool: newPool() }));
    expect([sink.sourceInterest, sink.destinationInterest]).toEqual([Interest.READABLE, 0]);
    expect(sink.move()).toBe(zeros.bytes);
    expect([sink.pending, sink.destinationInterest]).toEqual([0, 0]);
  },
  needs,
);

contractTest(
  'a destination with O_APPEND is refused, but for a pipe, which has no other end',
  () => {
    const [, front] = socketPair();
    const path = newPath();
    for (const target of [path, '/dev/null', openPty().path]) {
      const appending = own(openSync(target, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY));
      const error = caught(() => new Pump(front, appending, { pool: newPool() }));
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', message: expect.stringMatching(/O_APPEND/) });
    }
    const [readEnd, writeEnd] = pipePair();
    const pump = new Pump(fileOf(Buffer.from('x')), own(openSync(`/proc/self/fd/${writeEnd}`, 'a')), {
      pool: newPool(),
    });
    expect(dispose(pump).move()).toBe(1);
    expect(recvAll(readEnd, 1).toString()).toBe('x');
  },
  needs,
);

contractTest(
  'a blocking terminal is refused, and left blocking; one that is made blocking later is not waited for',
  () => {
    const [client, front] = socketPair();
    const { path, master } = openPty();
    const terminal = own(openSync(path, O_RDWR | O_NOCTTY));
    for (const sides of [
      [terminal, front],
      [front, terminal],
    ] as const) {
      const error = caught(() => new Pump(...sides));
      expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', message: expect.stringMatching(/O_NONBLOCK/) });
    }
    expect(socket.isNonBlocking(terminal)).toBe(false);
    socket.setNonBlocking(terminal);
    const pump = dispose(new Pump(front, terminal, { pool: newPool() }));
    sendAll(client, Buffer.from('shown'));
    socket.setNonBlocking(terminal, false);
    expectInvalidState(() => pump.move());
    socket.setNonBlocking(terminal);
    expect(pump.move()).toBe(5);
    expect(recvAll(master, 5).toString()).toBe('shown');
  },
  needs,
);

contractTest(
  'a terminal that hung up: the end of a source, EIO of a destination',
  () => {
    const [client, front] = socketPair();
    const { master, slave } = openPty();
    const from = dispose(new Pump(slave, front, { pool: newPool() }));
    const to = dispose(new Pump(front, slave, { pool: newPool() }));
    socket.write(master, Buffer.from('typed'));
    awaitReady(slave, Interest.READABLE);
    expect(from.move()).toBe(5);
    sendAll(client, Buffer.from('lost'));
    socket.close(master);
    expect([from.move(), from.done]).toEqual([0, true]);
    expect(recvAll(client).toString()).toBe('typed');
    const error = caught(() => to.move());
    expect(error).toMatchObject({ code: 'EIO', syscall: 'splice', fd: slave });
    expect(caught(() => to.move())).toBe(error);
    expect(to).toMatchObject({ done: false, pending: 4, destinationInterest: 0, sourceInterest: 0 });
    const late = dispose(new Pump(slave, front, { pool: newPool() }));
    expect([late.move(), late.done]).toEqual([0, true]);
  },
  needs,
);

contractTest(
  'a peer that is gone ends a pump from a file, with what is lost',
  () => {
    const [readEnd, writeEnd] = pipePair();
    const [near, far] = tcpPair();
    const endless = own(openSync('/dev/zero', 'r'));
    const pumps = [writeEnd, near].map((fd) => dispose(new Pump(endless, fd, { pool: newPool() })));
    for (const pump of pumps) while (pump.pending === 0) pump.move();
    socket.close(readEnd);
    reset(far);
    awaitReady(near, Interest.WRITABLE);
    for (const pump of pumps) {
      const error = caught(() => pump.move());
      expect(error).toMatchObject({ code: expect.stringMatching(/^(EPIPE|ECONNRESET)$/), syscall: 'splice' });
      expect(caught(() => pump.move())).toBe(error);
      expect(pump).toMatchObject({ done: false, sourceInterest: 0, destinationInterest: 0 });
      expect(pump.pending).toBeGreaterThan(0);
    }
  },
  needs,
);

contractTest(
  'the wrong end of a pipe, a file of the wrong mode and a directory: the error names the side',
  () => {
    const [client, front] = socketPair();
    sendAll(client, Buffer.from('x'));
    const [readEnd, writeEnd] = pipePair();
    const readOnly = fileOf(Buffer.alloc(1));
    const writeOnly = own(openSync(newPath(), 'w'));
    const from: [number, string][] = [
      [writeEnd, 'EBADF'],
      [writeOnly, 'EBADF'],
      [own(openSync(directory, 'r')), 'EINVAL'],
    ];
    for (const [fd, code] of from) {
      const pump = dispose(new Pump(fd, front, { pool: newPool() }));
      expect(caught(() => pump.move())).toMatchObject({ code, syscall: 'splice', fd });
    }
    for (const fd of [readEnd, readOnly]) {
      const pump = dispose(new Pump(front, fd, { pool: newPool() }));
      expect(caught(() => pump.move())).toMatchObject({ code: 'EBADF', syscall: 'splice', fd });
      expect(pump.pending).toBe(1);
      sendAll(client, Buffer.from('x'));
    }
  },
  needs,
);

contractTest(
  'a full disk is final and says what is lost; EAGAIN of a file is told and is not',
  async () => {
    const result = await reportOf(
      ({ socket: s, transfer, fs, report, injectFaults, outcomeOf, args: [file] }) => {
        const results: Record<string, unknown> = {};
        for (const code of ['ENOSPC', 'EAGAIN']) {
          const [client, front] = s.socketpair();
          s.send(client, Buffer.from('whole'));
          const target = fs.openSync(file, 'w');
          const pump = new transfer.Pump(front, target, { pool: new transfer.PipePool() });
          const stop = injectFaults(['splice', `error=${code}`, '2']);
          const { error } = outcomeOf(() => pump.move());
          stop();
          const interests = [pump.sourceInterest, pump.destinationInterest];
          const again = outcomeOf(() => pump.move()).error?.code;
          results[code] = [error?.code, interests, again, pump.bytes, pump.pending, fs.readFileSync(file, 'latin1')];
        }
        report(results);
        process.exit(0);
      },
      { args: [newPath()] },
    );
    expect(result).toEqual({
      ENOSPC: ['ENOSPC', [0, 0], 'ENOSPC', 0, 5, ''],
      EAGAIN: ['EAGAIN', [0, 0], null, 5, 0, 'whole'],
    });
  },
  { needs: ['splice', 'proc', 'strace'] },
);
