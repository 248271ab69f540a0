/**
 * Connections by await: `listen()`, `connect()` and `serve()` on the connections of `fdreactor/connection`. The guide's
 * page on async has programs, and what each style costs.
 *
 * @module fdreactor/async
 */
export type { AsyncConnectionOptions } from './async/async-kind.js';
export { type AsyncConnectOptions, type AsyncConnectTcpOptions, connect, type LookedUp } from './async/connect.js';
export { type AsyncConnection, type AsyncSendFileOptions, adopt } from './async/connection.js';
export type { ChunkObservable, ChunkObserver, ChunkSubscription } from './async/observable.js';
export type { ChunksOptions, WaitOptions } from './async/reader.js';
export { type ServeHandler, type ServeOptions, serve } from './async/serve.js';
export { type AsyncServer, type CloseServerOptions, type ListenOptions, listen } from './async/server.js';
export type { ConnectionStreams } from './async/web-streams.js';
