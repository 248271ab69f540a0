// A blocking poll that came back for the host's sake must do so again until the host has had its turn. A setImmediate
// at the top level of a module comes back in the same iteration of the host's loop, before the host has looked at its
// events: the next poll(-1) then must not sleep on them for ever.
import { expect, test } from 'vitest';
import { inChild, type Toolbox } from '../helpers/child.js';
import { raise } from '../helpers/fixtures/raise.mjs';
import { aSignal } from '../helpers/platform.js';

const untilSignal = async ({ Reactor, Interest, socket, report, args, aSignal: signal }: Toolbox): Promise<void> => {
  const reactor = new Reactor();
  if (args === 'busy') reactor.register(socket.socketpair()[0], Interest.READABLE, () => {});
  let asked = false;
  process.on(signal, () => {
    asked = true;
  });
  report({ pid: process.pid });
  while (!asked) {
    reactor.poll(-1);
    await new Promise((resolve) => setImmediate(resolve));
  }
  report('done');
};

test.each(['empty', 'busy'])('a listener of a signal runs beside poll(-1) of a reactor that is %s', async (kind) => {
  const outcome = await inChild(untilSignal, {
    args: kind,
    onReport: ({ pid }) => pid !== undefined && setTimeout(() => raise(aSignal, { pid }), 100),
  });
  expect(outcome).toMatchObject({ code: 0, reports: [{}, 'done'] });
});

test('a program that never goes back to the host does not spin when the host has something to do', async () => {
  const outcome = await inChild(({ Reactor, report, raise, aSignal: signal }) => {
    process.on(signal, () => {});
    const reactor = new Reactor();
    let done = false;
    reactor.setTimer(1000, () => {
      done = true;
    });
    raise(signal);
    setTimeout(() => {}, 1);
    while (!done) reactor.poll(-1);
    report(reactor.metrics().turns);
    process.exit(0);
  });
  expect(outcome.reports[0]).toBeLessThan(60);
});
