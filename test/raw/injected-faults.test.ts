// Faults that a healthy kernel does not show, injected by strace into small children: each ends in normal work
// or in the error that the kernel gave, and never in a spin, a hang or a leak.
import { describe, expect, test } from 'vitest';
import { reportOf, type Toolbox } from '../helpers/child.js';
import { describeWith, testWith } from '../helpers/needs.js';
import { patience } from '../helpers/patience.js';

/** Two connections come; which accepts failed, and how many were accepted. */
const acceptTwo = ({ socket, report, outcomeOf, injectFaults, args }: Toolbox): void => {
  const listener = socket.listenTcp({ host: '127.0.0.1', port: 0 });
  const { port } = socket.getsockname(listener) as { port: number };
  socket.connectTcp({ host: '127.0.0.1', port });
  socket.connectTcp({ host: '127.0.0.1', port });
  const errors: unknown[] = [];
  let accepted = 0;
  injectFaults(args);
  for (const end = Date.now() + 60_000; accepted < 2 && Date.now() < end; ) {
    const { value, error } = outcomeOf(() => socket.accept(listener));
    if (error !== undefined) errors.push(error);
    else if ((value as number) >= 0) accepted++;
  }
  report({ errors, accepted });
  process.exit(0);
};

describe('accept', () => {
  test.each(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EPERM'])(
    '%s is thrown, and the next accept works',
    async (code) => {
      const { errors, accepted } = await reportOf(acceptTwo, { args: ['accept4', `error=${code}`, '1..3'] });
      expect(errors.map((error: { code: string }) => error.code)).toEqual([code, code, code]);
      expect(errors[0].syscall).toMatch(/^accept4?$/);
      expect(accepted).toBe(2);
    },
  );

  test.each(['ECONNABORTED', 'EPROTO', 'EINTR'])('%s of one connection does not keep others out', async (code) => {
    const { errors, accepted } = await reportOf(acceptTwo, { args: ['accept4', `error=${code}`, '1+2'] });
    for (const error of errors) expect(error.code).toBe(code); // skipped inside, or told: both are fine
    if (code === 'EINTR') expect(errors).toEqual([]);
    expect(accepted).toBe(2);
  });
});

describeWith({ needs: 'epoll' }, 'epoll', () => {
  test.each(['ENOMEM', 'EMFILE', 'ENFILE'])('epoll_create1 fails with %s: thrown, nothing leaked', async (code) => {
    const { outcomes, leaked } = await reportOf(
      ({ Epoll, Reactor, openFds, report, outcomeOf, injectFaults, args }) => {
        const stop = injectFaults(['epoll_create1', `error=${args}`]);
        const before = openFds();
        const outcomes = [outcomeOf(() => new Epoll()), outcomeOf(() => new Reactor())];
        const leaked = openFds().filter((fd) => !before.includes(fd));
        stop();
        new Reactor().close();
        report({ outcomes, leaked });
        process.exit(0);
      },
      { args: code },
    );
    for (const { error } of outcomes) expect(error).toMatchObject({ code, syscall: 'epoll_create1' });
    expect(leaked).toEqual([]);
  });

  test.each(['ENOMEM', 'ENOSPC'])('epoll_ctl fails with %s: thrown, and nothing is registered', async (code) => {
    const { added, registered, after } = await reportOf(
      ({ Epoll, Reactor, Interest, epoll, socket, report, outcomeOf, injectFaults, args }) => {
        const [a] = socket.socketpair();
        const [ep, reactor] = [new Epoll(), new Reactor()];
        const register = (): unknown => reactor.register(a, Interest.WRITABLE, () => {}).active;
        const stop = injectFaults(['epoll_ctl', `error=${args}`]);
        const added = outcomeOf(() => ep.add(a, epoll.EPOLLIN));
        const registered = { ...outcomeOf(register), size: reactor.size };
        stop();
        report({ added, registered, after: { ...outcomeOf(register), ran: reactor.poll(1000), size: reactor.size } });
        process.exit(0);
      },
      { args: code },
    );
    expect(added.error).toMatchObject({ code, syscall: 'epoll_ctl' });
    expect(registered).toMatchObject({ error: { code, syscall: 'epoll_ctl' }, size: 0 });
    expect(after).toEqual({ value: true, ran: 1, size: 1 });
  });

  test('epoll_ctl fails under createWaker, onSignal and attach: thrown, nothing leaked, the reactor goes on', async () => {
    const { outcomes, leaked, fired } = await reportOf(({ Reactor, openFds, report, outcomeOf, injectFaults }) => {
      const reactor = new Reactor();
      const calls = [() => void reactor.createWaker(() => {}), () => void reactor.onSignal('SIGUSR2', () => {})];
      // Elsewhere attach() puts nothing into an epoll set: a thread waits.
      const { bun, deno } = process.versions;
      if (bun === undefined && deno === undefined) calls.push(() => void reactor.attach());
      const stop = injectFaults(['epoll_ctl', 'error=ENOMEM']);
      const before = openFds(); // those that the host needs for strace included
      const outcomes = calls.map((call) => outcomeOf(call));
      const leaked = openFds().filter((fd) => !before.includes(fd));
      stop();
      let fired = 0;
      reactor.setTimer(0, () => fired++);
      reactor.run();
      report({ outcomes, leaked, fired });
      process.exit(0);
    });
    for (const { error } of outcomes) expect(error).toMatchObject({ code: 'ENOMEM' });
    expect(leaked).toEqual([]);
    expect(fired).toBe(1);
  });

  test('a failed wait is thrown, and the next one works', async () => {
    const { failed, count } = await reportOf(
      ({ Epoll, EpollEvents, epoll, socket, report, outcomeOf, injectFaults }) => {
        const [a] = socket.socketpair();
        const ep = new Epoll();
        ep.add(a, epoll.EPOLLOUT);
        const events = new EpollEvents(4);
        const stop = injectFaults(['epoll_pwait2', 'error=ENOMEM'], ['epoll_wait', 'error=ENOMEM']);
        const failed = outcomeOf(() => ep.wait(events, 5));
        stop();
        report({ failed, count: ep.wait(events, 5) });
        process.exit(0);
      },
    );
    expect(failed.error).toMatchObject({ code: 'ENOMEM', syscall: expect.stringMatching(/^epoll_p?wait2?$/) });
    expect(count).toBe(1);
  });
});

/** Moves bytes in every way; each way once for every call of `step`. */
const exchange = ({ socket, transfer, fs, report, injectFaults, args }: Toolbox): void => {
  const [a, b] = socket.socketpair();
  const [readEnd, writeEnd] = socket.pipe();
  const file = fs.openSync(process.execPath, 'r');
  const small = new Uint8Array(10);
  const large = new Uint8Array(1000);
  const counts: Record<string, number> = {};
  const count = (name: string, moved: number): void => {
    counts[name] = (counts[name] ?? 0) + moved;
  };
  injectFaults(...(args as string[]).map((call): [string, string, string] => [call, 'error=EINTR', '1+2']));
  for (let i = 0; i < 10; i++) {
    count('send', socket.send(a, small));
    count('write', socket.write(a, small));
    count('writev', socket.writev(a, [small, small]));
    count('sendfile', transfer.sendfile(a, file, 0, 10));
    count('recv', socket.recv(b, small));
    count('read', socket.read(b, small));
    count('readv', socket.readv(b, [small, small]));
    count('splice', transfer.splice(b, null, writeEnd, null, 10, 0));
    count('vmsplice', transfer.vmsplice(writeEnd, [small], 0));
    count('tail', socket.read(readEnd, large));
  }
  report(counts);
  process.exit(0);
};

describe('EINTR at every second call is not seen', () => {
  const notInDeno = 'Deno panics, because its own calls are interrupted as well';
  testWith({ needs: 'splice', notInDeno }, 'by calls that move data', async () => {
    const calls = ['recvfrom', 'sendto', 'read', 'write', 'readv', 'writev', 'sendfile', 'splice', 'vmsplice'];
    const counts = await reportOf(exchange, { args: calls });
    const ten = { send: 100, write: 100, sendfile: 100, recv: 100, read: 100, splice: 100, vmsplice: 100 };
    expect(counts).toEqual({ ...ten, writev: 200, readv: 200, tail: 200 });
  });

  test('by a caller of connect', async () => {
    const outcome = await reportOf(({ socket, report, injectFaults, outcomeOf }) => {
      const listener = socket.listenTcp({ host: '127.0.0.1', port: 0 });
      const { port } = socket.getsockname(listener) as { port: number };
      injectFaults(['connect', 'error=EINTR', '1']);
      report(outcomeOf(() => socket.takeError(socket.connectTcp({ host: '127.0.0.1', port }))));
      process.exit(0);
    });
    expect(outcome).toEqual({ value: null });
  });

  testWith({ needs: 'epoll' }, 'by waits, which keep their full time', async () => {
    const took = await reportOf(({ Epoll, EpollEvents, report, injectFaults }) => {
      const ep = new Epoll();
      const events = new EpollEvents(1);
      const calls = ['epoll_pwait2', 'epoll_wait', 'epoll_pwait', 'poll', 'ppoll'];
      injectFaults(...calls.map((call): [string, string, string] => [call, 'error=EINTR', '1+2']));
      const start = performance.now();
      ep.wait(events, 150);
      report(performance.now() - start);
      process.exit(0);
    });
    expect(took).toBeGreaterThanOrEqual(150);
    expect(took).toBeLessThan(patience(3000));
  });
});

test('ENOBUFS on send is an error with its code, and the connection lives', async () => {
  const result = await reportOf(({ socket, report, outcomeOf, injectFaults }) => {
    const [a, b] = socket.socketpair();
    const byte = new Uint8Array(1);
    injectFaults(['sendto', 'error=ENOBUFS', '1']);
    const first = outcomeOf(() => socket.send(a, byte));
    report({ first, second: socket.send(a, byte), received: socket.recv(b, new Uint8Array(8)) });
    process.exit(0);
  });
  expect(result.first.error).toMatchObject({ code: 'ENOBUFS', syscall: 'send' });
  expect(result).toMatchObject({ second: 1, received: 1 });
});

test('EIO from the source of a sendfile or a read is an error with its code', async () => {
  const result = await reportOf(({ socket, transfer, fs, report, outcomeOf, injectFaults }) => {
    const [a, b] = socket.socketpair();
    const file = fs.openSync(process.execPath, 'r');
    const received = new Uint8Array(64);
    const nothingAtAddress0 = fs.openSync('/proc/self/mem', 'r');
    const read = outcomeOf(() => socket.read(nothingAtAddress0, received));
    injectFaults(['sendfile', 'error=EIO', '1']);
    const sent = outcomeOf(() => transfer.sendfile(a, file, 0, 10));
    report({ read, sent, second: transfer.sendfile(a, file, 0, 10), received: socket.recv(b, received) });
    process.exit(0);
  });
  expect(result.read.error).toMatchObject({ code: 'EIO', syscall: 'read' });
  expect(result.sent.error).toMatchObject({ code: 'EIO', syscall: 'sendfile' });
  expect(result).toMatchObject({ second: 10, received: 10 });
});

for (const code of ['ENOSYS', 'EPERM']) {
  const name = `a kernel whose epoll_pwait2 is ${code}: waits keep their time, and events come`;
  testWith({ needs: 'epoll' }, name, async () => {
    const result = await reportOf(
      ({ Epoll, EpollEvents, Reactor, Interest, epoll, socket, report, injectFaults, args }) => {
        injectFaults(['epoll_pwait2', `error=${args}`]);
        const ep = new Epoll();
        const events = new EpollEvents(4);
        const waits = [0.4, 1.5, 30].map((timeoutMs) => {
          const start = performance.now();
          ep.wait(events, timeoutMs);
          return [timeoutMs, performance.now() - start];
        });
        const [a, b] = socket.socketpair();
        ep.add(a, epoll.EPOLLIN);
        socket.send(b, new Uint8Array(1));
        const count = ep.wait(events, -1);
        const reactor = new Reactor();
        reactor.register(a, Interest.READABLE, () => reactor.stop());
        reactor.run();
        report({ waits, count, handled: reactor.metrics().events });
        process.exit(0);
      },
      { args: code },
    );
    expect(result).toMatchObject({ count: 1, handled: 1 });
    for (const [timeoutMs, took] of result.waits) expect(took).toBeGreaterThanOrEqual(timeoutMs);
  });
}

test('socket, socketpair, pipe2 and eventfd2 that fail are errors that leak nothing', async () => {
  const result = await reportOf(({ socket, Reactor, openFds, report, outcomeOf, injectFaults }) => {
    const makers = [
      () => socket.listenTcp({ host: '127.0.0.1', port: 0 }),
      () => socket.bindUdp({ host: '127.0.0.1', port: 0 }),
      () => socket.socketpair(),
      () => socket.pipe(),
      () => new Reactor().createWaker(() => {}),
      () => new Reactor().onSignal('SIGUSR2', () => {}),
    ];
    const stop = injectFaults(
      ...['socket', 'socketpair', 'pipe2', 'eventfd2'].map((call): [string, string] => [call, 'error=EMFILE']),
    );
    const before = openFds().length;
    const codes = makers.map((make) => outcomeOf(make).error?.code);
    stop();
    globalThis.gc?.();
    report({ codes, leaked: openFds().length - before });
    process.exit(0);
  });
  expect(result.codes).toEqual(Array.from({ length: 6 }, () => 'EMFILE'));
  expect(result.leaked).toBeLessThanOrEqual(4); // two reactors of two fds each, which were made and not closed
});

test('the limit of fds reached for real: EMFILE, and recovery when one is free', async () => {
  const result = await reportOf(
    ({ socket, report, outcomeOf }) => {
      const fds: number[] = [];
      let error: unknown;
      while (error === undefined) {
        const outcome = outcomeOf(() => socket.socketpair());
        error = outcome.error;
        if (error === undefined) fds.push(...(outcome.value as [number, number]));
      }
      for (const fd of fds.splice(0, 2)) socket.close(fd);
      report({ error, again: outcomeOf(() => socket.socketpair()).error === undefined });
    },
    { wrap: ['sh', '-c', 'ulimit -n 100; exec "$@"', 'sh'] },
  );
  expect(result).toMatchObject({ error: { code: 'EMFILE', syscall: 'socketpair' }, again: true });
});
