// What this platform does not have is refused in words, never emulated in silence and never ignored. The other
// contract tests are only made where the facility is there; these hold everywhere.
import { openSync } from 'node:fs';
import { Acceptor, capabilities, Interest, Reactor, WOULD_BLOCK } from 'fdreactor';
import { Master } from 'fdreactor/master';
import * as socket from 'fdreactor/socket';
import { PipePool, Pump, sendfile, splice } from 'fdreactor/transfer';
import { expect, test } from 'vitest';
import { testWith } from '../helpers/needs.js';
import { dispose, own, ownFile } from '../helpers/owned.js';
import { listen, pipePair, socketPair } from '../helpers/pairs.js';
import { patience } from '../helpers/patience.js';
import { isWindows } from '../helpers/platform.js';
import { expectUnsupported } from '../helpers/throws.js';

const can = capabilities();
const reactor = (): Reactor => dispose(new Reactor());

/** The facility works, or is refused. */
function worksOrRefused(available: boolean, call: () => unknown): void {
  if (available) call();
  else expectUnsupported(call);
}

test('modes', () => {
  for (const mode of ['edge', 'oneshot'] as const) {
    worksOrRefused(can[mode], () => reactor().register(socketPair()[0], Interest.READABLE, () => {}, { mode }));
  }
});

test('options that are left out inherit nothing from Object.prototype', () => {
  const polluted = Object.prototype as unknown as Record<string, unknown>;
  const keys = ['backend', 'maxEvents', 'onError', 'maxPerTurn', 'retryMs', 'exclusive', 'pool', 'budgetBytes'];
  const { listener } = listen();
  const [a, b] = socketPair();
  try {
    for (const key of keys) polluted[key] = 'inherited';
    const mine = reactor();
    dispose(new Acceptor(mine, listener, () => {}));
    worksOrRefused(can.splice, () => dispose(new Pump(a, b)).move());
    PipePool.shared.close();
  } finally {
    for (const key of keys) delete polluted[key];
  }
});

test('interests', () => {
  worksOrRefused(can.priority, () => reactor().register(socketPair()[0], Interest.PRIORITY, () => {}));
});

test('worker processes', () => {
  worksOrRefused(!isWindows, () => new Master({ worker: './worker.js' }));
});

test('signals and attach', () => {
  worksOrRefused(can.signals, () => reactor().onSignal('SIGINT', () => {}));
  worksOrRefused(can.attach, () => reactor().attach());
});

test('sendfile, splice and Pump', () => {
  const [a, b] = socketPair();
  const file = ownFile(openSync(process.execPath, 'r'));
  worksOrRefused(can.sendfile, () => {
    let sent = sendfile(a, file, 0, 1);
    for (const end = performance.now() + patience(5000); sent === WOULD_BLOCK && performance.now() < end; ) {
      sent = sendfile(a, file, 0, 1);
    }
    expect(sent).toBe(1);
  });
  worksOrRefused(can.splice, () => splice(a, null, pipePair()[1], null, 1, 0));
  worksOrRefused(can.splice, () => dispose(new Pump(a, b, { pool: dispose(new PipePool()) })).move());
});

test('reusePort', () => {
  worksOrRefused(can.reusePort, () => socket.close(socket.listenTcp({ host: '127.0.0.1', port: 0, reusePort: true })));
});

testWith({ notUnderQemu: 'qemu does not pass the option on' }, 'steering by processor', () => {
  const listener = own(socket.listenTcp({ host: '127.0.0.1', port: 0, reusePort: can.reusePort }));
  worksOrRefused(can.cpuSteering, () => socket.steerByCpu(listener, 2));
  worksOrRefused(can.cpuSteering, () => socket.stopSteering(listener));
});

test('pipe', () => {
  worksOrRefused(!isWindows, () => pipePair());
});

testWith({ notUnderWine: 'Wine has no AF_UNIX' }, 'Unix sockets', () => {
  const { AF_UNIX, SOCK_STREAM } = socket.constants;
  worksOrRefused(can.unixSockets, () => socket.close(socket.socket(AF_UNIX, SOCK_STREAM, 0)));
});

test('deferAccept', () => {
  const listen = (): number => socket.listenTcp({ host: '127.0.0.1', port: 0, deferAccept: true });
  worksOrRefused(can.deferAccept, () => socket.close(listen()));
});
