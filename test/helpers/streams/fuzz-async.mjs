// Connections by await for ../fixtures/fuzz-exports.mjs: one of each class, and arguments that are right.
import * as async from 'fdreactor/async';
import * as socket from 'fdreactor/socket';
import { connections } from './fuzz-connections.mjs';

const HOST = '127.0.0.1';
/** @type {NodeJS.Signals} */
const aSignal = process.platform === 'win32' ? 'SIGBREAK' : 'SIGUSR2';
const options = { maxUnread: 10, highWaterMark: 10, maxQueued: 100_000 };
const handler = async () => {};

/**
 * @param {<T extends { close(): void }>(made: T) => T} closeLater
 * @param {() => import('fdreactor').Reactor} reactor
 * @returns {{ make: Record<string, () => any>, right: Record<string, () => any[]> }}
 */
export function connectionsByAwait(closeLater, reactor) {
  if (!('Connection' in connections(closeLater, reactor).make)) return { make: {}, right: {} };
  const newConnection = () => {
    const [fd, peer] = socket.socketpair();
    closeLater({ close: () => void socket.close(peer) });
    return closeLater(async.adopt(reactor(), fd, options));
  };
  const newServer = () => {
    const server = async.listen(reactor(), { host: HOST, port: 0 });
    closeLater({ close: () => void server.close() });
    return server;
  };
  const newDatagrams = () => closeLater(async.datagrams(reactor(), socket.bindUdp({ host: HOST, port: 0 })));
  const { signal } = new AbortController();
  return {
    make: {
      AsyncConnection: newConnection,
      AsyncServer: newServer,
      DatagramSocket: newDatagrams,
      Wakes: () => closeLater(async.wakes(reactor())),
    },
    right: {
      adopt: () => [reactor(), socket.socketpair()[0], options],
      'async.listen': () => [reactor(), { host: HOST, port: 0, backlog: 5, ...options }],
      'async.connect': () => [reactor(), { host: HOST, port: 9, timeoutMs: 1, attemptDelayMs: 1, signal, ...options }],
      serve: () => [newServer(), handler, { maxConcurrent: 1, onError: () => {}, lingerMs: 1 }],
      sleep: () => [reactor(), 1, { signal, value: 1 }],
      interval: () => [reactor(), 1, { signal }],
      signals: () => [reactor(), aSignal, { signal }],
      wakes: () => [reactor(), { signal }],
      datagrams: () => [reactor(), socket.bindUdp({ host: HOST, port: 0 }), { maxBytes: 5, maxUnread: 0, signal }],
      'AsyncConnection.read': () => [new Uint8Array(5), { signal }],
      'AsyncConnection.readExactly': () => [5, { signal }],
      'AsyncConnection.readUntil': () => ['x', 5, { signal }],
      'AsyncConnection.write': () => ['text', 'utf8'],
      'AsyncConnection.flush': () => [{ signal }],
      'AsyncConnection.chunks': () => [{ keepOpen: true, signal }],
      'DatagramSocket.receive': () => [{ signal }],
      'DatagramSocket.send': () => [new Uint8Array(5), { host: HOST, port: 9 }, { signal }],
      'AsyncServer.close': () => [{ graceMs: 1 }],
    },
  };
}
