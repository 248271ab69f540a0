// Any value as an argument of node:net and of fdreactor/net: both throw the same kind of error, or neither throws.
// What is emitted later is left out: it depends on what the values ask for.
import nodeNet from 'node:net';
import fc from 'fast-check';
import * as here from 'fdreactor/net';
import { expect, test } from 'vitest';
import './ends.js';

type Net = typeof nodeNet;
type Call = (net: Net, ...values: unknown[]) => unknown;
interface Ended extends NodeJS.EventEmitter {
  destroy?(): void;
  close?(): void;
}

const own = here as unknown as Net;
// biome-ignore lint/suspicious/noExplicitAny: values of any type
type Any = any;

const value = fc.oneof(
  fc.constantFrom(
    ...[undefined, null, true, false, 0, -0, -1, 1, 1.5, 70_000, 2 ** 31, 2 ** 53, NaN, Infinity, 10n, Symbol('s')],
    ...['', ' ', '0', '80', 'x', '127.0.0.1', '::1', '\0', {}, [], [1], new Date(0), /x/, new Uint8Array(3)],
    ...[() => {}, { port: 0 }, { fd: -1 }, Object.create(null), new Map(), new AbortController().signal],
  ),
  fc.integer(),
  fc.string({ maxLength: 5 }),
);

/** Ends what a call has made, and takes what it emits. */
function quiet<T>(made: T): T {
  const ended = made as Ended | undefined;
  ended?.on?.('error', () => {});
  if (ended?.destroy !== undefined) ended.destroy();
  else ended?.close?.();
  return made;
}

const host = '127.0.0.1';
const CALLS: Record<string, Call> = {
  connect: (net, port, localPort, timeout) => net.connect({ port, host, localPort, timeout } as Any),
  'connect, its families': (net, family, hints, autoSelectFamily) =>
    net.connect({ port: 9, host, family, hints, autoSelectFamily } as Any),
  'connect, its address': (net, localAddress, lookup) => net.connect({ port: 9, host, localAddress, lookup } as Any),
  'connect, its path': (net, path, port) => net.connect({ path, port, host } as Any),
  'connect, its attempts': (net, autoSelectFamilyAttemptTimeout, keepAliveInitialDelay) =>
    net.connect({ port: 9, host, autoSelectFamilyAttemptTimeout, keepAliveInitialDelay } as Any),
  Socket: (net, objectMode, onread, signal) => new net.Socket({ objectMode, onread, signal } as Any),
  'Socket, its limits': (net, highWaterMark, allowHalfOpen, noDelay) =>
    new net.Socket({ highWaterMark, allowHalfOpen, noDelay } as Any),
  setTimeout: (net, ms, callback) => new net.Socket().setTimeout(ms as Any, callback as Any),
  setKeepAlive: (net, ...args) => (new net.Socket() as Any).setKeepAlive(...args),
  'setKeepAlive, its options': (net, initialDelay, interval, count) =>
    new net.Socket().setKeepAlive({ enable: true, initialDelay, interval, count } as Any),
  setNoDelay: (net, enable) => new net.Socket().setNoDelay(enable as Any),
  write: (net, chunk, encoding) => new net.Socket().on('error', () => {}).write(chunk as Any, encoding as Any),
  createServer: (net, options, listener) => net.createServer(options as Any, listener as Any),
  blockList: (net, blockList) => [new net.Socket({ blockList } as Any), net.createServer({ blockList } as Any)],
  'createServer, its options': (net, keepAliveInitialDelay, highWaterMark, pauseOnConnect) =>
    net.createServer({ keepAliveInitialDelay, highWaterMark, pauseOnConnect } as Any),
  'listen, its port': (net, port, backlog) => net.createServer().listen({ port, host: '192.0.2.1', backlog } as Any),
  'listen, its flags': (net, ipv6Only, exclusive, signal) =>
    net.createServer().listen({ port: 0, host: '192.0.2.1', ipv6Only, exclusive, signal } as Any),
  getConnections: (net, callback) => net.createServer().getConnections((callback ?? (() => {})) as Any),
};

function outcome(call: Call, net: Net, values: unknown[]): string {
  try {
    quiet(call(net, ...values));
    return 'worked';
  } catch (error) {
    const { name, code, message } = error as NodeJS.ErrnoException;
    return code === undefined ? name : `${name} ${code}: ${message}`;
  }
}

test.each(Object.keys(CALLS))('%s', (name) => {
  const call = CALLS[name] as Call;
  fc.assert(
    fc.property(fc.array(value, { minLength: 3, maxLength: 3 }), (values) => {
      expect(outcome(call, own, values)).toBe(outcome(call, nodeNet, values));
    }),
    { numRuns: 300 },
  );
});
