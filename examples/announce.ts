// What every example does at its start. announce() prints where the server is, in a form that people and scripts can
// read; stopOnSignals() ends run() on SIGINT or SIGTERM, so that the process leaves by its last line with exit code 0;
// onStop() calls back instead, for a server that lets its connections end; goOn() is the error handler of the
// reactors. What may change: anything but the form of the line `listening on ADDRESS:PORT`.
import { type Reactor, SystemError } from 'fdreactor';
import * as socket from 'fdreactor/socket';

/**
 * Prints `listening on 127.0.0.1:8080`, or whatever else the fd does by `verb`, with the port that the kernel chose for
 * 0.
 */
export function announce(server: number | { address: socket.AddressInfo }, verb = 'listening'): void {
  const name = typeof server === 'number' ? socket.getsockname(server) : server.address;
  if (!('port' in name)) throw new TypeError('an address without a port');
  const address = name.family === 'IPv6' ? `[${name.address}]` : name.address;
  console.log(`${verb} on ${address}:${name.port}`);
}

/**
 * `onError` of a reactor whose connections handle their own errors. What is left is a client that cannot be served: no
 * memory, no room for another registration (ENOMEM, ENOSPC). The Acceptor has closed it; the others go on.
 */
export function goOn(error: unknown): void {
  if (!(error instanceof SystemError)) throw error; // a bug
  console.error(error.message);
}

/**
 * Calls `stop` at the first SIGINT or SIGTERM. The signals are watched no longer then: run() returns when all that is
 * left has ended, and another signal ends the process at once.
 */
export function onStop(reactor: Reactor, stop: () => void): void {
  const signals = (['SIGINT', 'SIGTERM'] as const).map((signal) =>
    reactor.onSignal(signal, () => {
      for (const watched of signals) watched.deregister();
      stop();
    }),
  );
}

export function stopOnSignals(reactor: Reactor): void {
  onStop(reactor, () => reactor.stop());
}
