// A blocking poll that came back for the host's sake must do so again until the host has had its turn. A setImmediate at
// the top level of a module comes back in the same iteration of the host's loop, before the host has looked at its
// events: the next poll(-1) then must not sleep on them for ever.
import { expect, test } from 'vitest';
import { inChild, type Toolbox } from '../helpers/child.js';
import { describeWith } from '../helpers/needs.js';

const untilSignal = async ({ Reactor, Interest, socket, report, args }: Toolbox): Promise<void> => {
  const reactor = new Reactor();
  if (args === 'busy') reactor.register(socket.socketpair()[0], Interest.READABLE, () => {});
  let asked = false;
  process.on('SIGUSR2', () => {
    asked = true;
  });
  report('ready');
  while (!asked) {
    reactor.poll(-1);
    await new Promise((resolve) => setImmediate(resolve));
  }
  report('done');
};

describeWith({ needs: 'kill' }, 'a listener of a signal runs beside poll(-1)', () => {
  test.each(['empty', 'busy'])('of a reactor that is %s', async (kind) => {
    const outcome = await inChild(untilSignal, {
      args: kind,
      onReport: (report, kill) => report === 'ready' && setTimeout(() => kill('SIGUSR2'), 100),
    });
    expect(outcome).toMatchObject({ code: 0, reports: ['ready', 'done'] });
  });
});

test('a program that never goes back to the host does not spin when the host has something to do', async () => {
  const outcome = await inChild(({ Reactor, report, aSignal }) => {
    process.on(aSignal, () => {});
    const reactor = new Reactor();
    let done = false;
    reactor.setTimer(1000, () => {
      done = true;
    });
    if (process.platform !== 'win32') process.kill(process.pid, 'SIGUSR2');
    setTimeout(() => {}, 1);
    while (!done) reactor.poll(-1);
    report(reactor.metrics().turns);
    process.exit(0);
  });
  expect(outcome.reports[0]).toBeLessThan(60);
});
