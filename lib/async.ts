/**
 * Promises over a reactor. Connections by await: `listen()`, `connect()` and `serve()` on the connections of
 * `fdreactor/connection`. Timers, signals, wake-ups and datagrams to `await` and to iterate. Let the host drive the
 * reactor by `attach()`: no promise goes on inside `run()`. The guide's page on async has programs, and what each style
 * costs.
 *
 * @module fdreactor/async
 */
export type { AsyncConnectionOptions } from './async/async-kind.js';
export { type AsyncConnectOptions, type AsyncConnectTcpOptions, connect, type LookedUp } from './async/connect.js';
export { type AsyncConnection, type AsyncSendFileOptions, type AsyncWriteOptions, adopt } from './async/connection.js';
export { type Datagram, type DatagramOptions, type DatagramSocket, datagrams } from './async/datagram-socket.js';
export type { EventIterator } from './async/event-iterator.js';
export { interval } from './async/interval.js';
export type { ChunkObservable, ChunkObserver, ChunkSubscription } from './async/observable.js';
export type { ChunksOptions, WaitOptions } from './async/reader.js';
export { type ServeHandler, type ServeOptions, serve } from './async/serve.js';
export { type AsyncServer, type CloseServerOptions, type ListenOptions, listen } from './async/server.js';
export { signals } from './async/signals.js';
export { type SleepOptions, sleep } from './async/sleep.js';
export type { DatagramTarget } from './async/unsent-datagrams.js';
export { type Wakes, wakes } from './async/wakes.js';
export type { ConnectionStreams } from './async/web-streams.js';
