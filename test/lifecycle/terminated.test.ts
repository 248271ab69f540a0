// A termination (here a vm time-out) unwinds JavaScript without running `finally`. It ends any wait soon, and leaves a
// reactor that works: every call, by hand and attached.
import { describe, expect, test } from 'vitest';
import { reportOf, type Toolbox } from '../helpers/child.js';
import { testWith } from '../helpers/needs.js';
import { patience } from '../helpers/patience.js';

/** Each is a script that has the reactor as `r`, and does not end by itself. */
const SCRIPTS = {
  'poll(1) again and again': 'for (;;) r.poll(1)',
  'poll(0) again and again': 'for (;;) r.poll(0)',
  'poll(), which waits without limit': 'for (;;) r.poll()',
  'poll(-1) with a waker that nothing rings': 'r.createWaker(() => {}); for (;;) r.poll(-1)',
  'a long poll': 'r.poll(3600000)',
  'run() with a waker that nothing rings': 'r.createWaker(() => {}); r.run()',
  'run() with a repeating timer': 'r.setTimer(0, () => {}, { repeatMs: 0 }); r.run()',
  'a handler that does not end': 'r.register(writable, 2, () => { for (;;); }); r.poll()',
  'a handler that does not end, in run()': 'r.register(writable, 2, () => { for (;;); }); r.run()',
  'the handler of a timer': 'r.setTimer(0, () => { for (;;); }); r.run()',
  'the handler of a waker': 'r.createWaker(() => { for (;;); }).wake(); r.run()',
  'an error handler': 'r.register(writable, 2, () => { throw 1 }, { onError: () => { for (;;); } }); r.poll()',
  'register and deregister': 'for (;;) r.register(writable, 1, () => {}).deregister()',
  'modify()': 'const g = r.register(writable, 1, () => {}); for (let i = 1; ; i ^= 3) g.modify(i)',
  'timers set and cancelled': 'for (;;) r.setTimer(1e6, () => {}).cancel()',
  'wakers made and closed': 'for (;;) r.createWaker(() => {}).close()',
  'signals watched and left': "for (;;) r.onSignal('SIGUSR2', () => {}).deregister()",
};

const TIME_OUT_MS = 100;

/** Runs the script until the time-out; then everything is tried. */
const terminate = async ({ Reactor, Interest, socket, require, openFds, report, args }: Toolbox): Promise<void> => {
  const vm = require('node:vm') as typeof import('node:vm');
  const [writable, peer] = socket.socketpair();
  const before = openFds();
  const r = new Reactor();
  const began = performance.now();
  let code = 'none';
  try {
    vm.runInNewContext(args.script, { r, writable }, { timeout: args.timeoutMs });
  } catch (error) {
    code = (error as NodeJS.ErrnoException).code ?? String(error);
  }
  const took = performance.now() - began;

  const [c, d] = socket.socketpair();
  let told = 0;
  const registration = r.register(c, Interest.READABLE, (): void => {
    told++;
    socket.recv(c, new Uint8Array(8));
  });
  socket.send(d, new Uint8Array(1));
  // What the script registered may call its endless handler: it ends with its fd.
  socket.close(writable);
  for (let i = 0; i < 5; i++) r.poll(0);
  const polled = told;
  const timer = r.setTimer(0, () => r.stop());
  r.run();
  socket.send(d, new Uint8Array(1));
  r.attach();
  await new Promise<void>((resolve) => {
    r.setTimer(5, () => resolve());
  });
  r.detach();
  const attached = told - polled;
  registration.modify(Interest.WRITABLE);
  const size = r.size;
  registration.close();
  r.close();
  for (const fd of [peer, d]) socket.close(fd);
  const left = openFds().filter((fd) => !before.includes(fd));
  report({ code, took, polled, attached, timer: timer.active, size, closed: r.closed, left });
  process.exit(0);
};

describe('after a vm time-out every call works', () => {
  for (const [name, script] of Object.entries(SCRIPTS)) {
    const notOnWindows = script.includes('SIGUSR2') ? 'there is no SIGUSR2' : undefined;
    testWith({ notOnWindows }, name, async () => {
      const { took, left, ...rest } = await reportOf(terminate, { args: { script, timeoutMs: TIME_OUT_MS } });
      // The fds that a native call had just opened can be lost with the value that it returned; a signal has four.
      const mayLose = /^for .*onSignal/.test(script) ? 4 : /^for .*createWaker/.test(script) ? 1 : 0;
      expect(rest).toMatchObject({
        code: 'ERR_SCRIPT_EXECUTION_TIMEOUT',
        polled: 1,
        attached: 1,
        timer: false,
        closed: true,
      });
      expect(rest.size).toBe(1);
      expect(took).toBeGreaterThan(TIME_OUT_MS - 1); // libuv counts whole milliseconds
      expect(took).toBeLessThan(TIME_OUT_MS + patience(250));
      expect(left.length, left.join()).toBeLessThanOrEqual(mayLose);
    });
  }
});

/** Terminates the script at one moment after another. What it had registered ends with its fd, and all else works. */
const terminateOften = ({ Reactor, Interest, socket, require, report, args }: Toolbox): void => {
  const vm = require('node:vm') as typeof import('node:vm');
  const script = new vm.Script(args.script);
  const r = new Reactor();
  const [c, d] = socket.socketpair();
  const faults: string[] = [];
  let told = 0;
  const registration = r.register(c, Interest.READABLE, (): void => {
    told++;
    socket.recv(c, new Uint8Array(8));
  });
  for (let i = 0; i < args.times && faults.length === 0; i++) {
    const [writable, peer] = socket.socketpair();
    const fault = (what: string): void => {
      faults.push(`${i}: ${what}`);
    };
    try {
      script.runInNewContext({ r, writable }, { timeout: 1 + (i % 3) });
      fault('it ended by itself');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') fault(String(error));
    }
    try {
      socket.close(writable);
      socket.close(peer);
      for (let turn = 0; turn < 3; turn++) r.poll(0);
      told = 0;
      socket.send(d, new Uint8Array(1));
      r.poll(0);
      if (told !== 1) fault(`told ${told} times`);
      if (r.size !== 1) fault(`size ${r.size}`);
      if (!registration.active) fault('not active');
      const { staleEvents } = r.metrics();
      r.poll(0);
      if (r.metrics().staleEvents !== staleEvents) fault('an event of no registration comes in every turn');
    } catch (error) {
      fault(String((error as Error).stack));
    }
  }
  r.close();
  report(faults);
  process.exit(0);
};

/** As above; each ends what it has begun, as far as it is let. */
const CHURN = {
  'register, modify, deregister':
    'for (;;) { const g = r.register(writable, 1, () => {}); g.modify(2); g.modify(1); g.deregister(); }',
  'turns that call handlers': 'r.register(writable, 2, () => {}); for (;;) r.poll(0)',
  'handlers that throw': 'r.register(writable, 2, () => { throw 1 }); for (;;) { try { r.poll(0) } catch {} }',
  'timers in turns': 'for (;;) { r.setTimer(0, () => {}); r.poll(0) }',
  'wakers in turns': 'for (;;) { const w = r.createWaker(() => {}); w.wake(); r.poll(0); w.close(); }',
  'all of it, in handlers':
    'r.register(writable, 2, (ready, g) => { g.deregister(); const w = r.createWaker(() => w.close()); w.wake();' +
    ' r.setTimer(0, () => {}); }); for (;;) { r.poll(0); try { r.register(writable, 2, (ready, g) => g.deregister()) } catch {} }',
};

describe('a vm time-out at a hundred moments', () => {
  for (const [name, script] of Object.entries(CHURN)) {
    test(name, async () => {
      expect(await reportOf(terminateOften, { args: { script, times: 100 } })).toEqual([]);
    });
  }
});
