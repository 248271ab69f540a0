// What it is for: the two things that every example does at its start. announce() prints where the server is, in a form
// that people and scripts can read; stopOnSignals() ends run() on SIGINT or SIGTERM, so that the process leaves by its
// last line with exit code 0. What may change: anything but the form of the line `listening on ADDRESS:PORT`.
import type { Reactor } from 'fdreactor';
import * as socket from 'fdreactor/socket';

/** Prints `listening on 127.0.0.1:8080`, or whatever else the fd does by `verb`, with the port that the kernel chose for 0. */
export function announce(fd: number, verb = 'listening'): void {
  const name = socket.getsockname(fd);
  if (!('port' in name)) throw new TypeError(`fd ${fd} has no port`);
  const address = name.family === 'IPv6' ? `[${name.address}]` : name.address;
  console.log(`${verb} on ${address}:${name.port}`);
}

export function stopOnSignals(reactor: Reactor): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) reactor.onSignal(signal, () => reactor.stop());
}
