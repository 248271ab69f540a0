// The classes of fdreactor/net as programs see them: with the types of node:net, and what is there beside.
import type * as nodeNet from 'node:net';
import type { Detached } from '../connection/connection.js';
import { callable } from './callable.js';
import { ServerImpl } from './server.js';
import { SocketImpl } from './socket.js';

/**
 * A connection as a `stream.Duplex`: all that `net.Socket` of Node has, over a connection of `fdreactor/connection`. It
 * is not a socket of Node itself: `instanceof` `Socket` of node:net is false, and TLS and HTTP/2 take it as any other
 * stream.
 */
export interface Socket extends nodeNet.Socket {
  /** Its fd, of which the socket is the owner; -1 before it connects, and once closed. */
  readonly fd: number;
  /**
   * Gives the fd to the program, and destroys the socket; the peer does not notice. 'close' is emitted.
   *
   * @returns the fd, which is non-blocking; the bytes that have come and were not read; those that were written and
   * that the kernel did not take. What waits in the stream behind a write that is not done is not among these: wait for
   * its callback
   * @throws Error ERR_SOCKET_CLOSED if it is not connected; ERR_INVALID_STATE while a part of a file is to be sent
   */
  detach(): Detached;
  /**
   * Sends a part of a file inside the kernel (sendfile(2)), behind what was written before. What is written afterwards
   * follows it.
   *
   * @param file an fd of `node:fs`, which must stay open until it is sent
   * @param start where to begin, from 0; 0 by default
   * @param end the place behind the last byte, from `start`; the file's size by default
   * @param callback called when the kernel has it all, or with an error
   * @returns as `write()`: false for wait for 'drain'. A wrong argument destroys the socket with a TypeError or a
   * RangeError; a file that has ended before `end`, with ERR_FILE_ENDED; a system without such a call, with an
   * UnsupportedError
   */
  sendFile(file: number, start?: number, end?: number, callback?: (error?: Error | null) => void): boolean;
}

/** Called and with `new` the same. */
export interface SocketConstructor {
  /**
   * @param options those of node:net, `onread`, `fd`, `allowHalfOpen` and `signal` among them
   * @throws TypeError and RangeError as node:net; ERR_INVALID_FD_TYPE for an `fd` that is no stream of bytes
   */
  new (options?: nodeNet.SocketConstructorOpts): Socket;
  (options?: nodeNet.SocketConstructorOpts): Socket;
  /** Of all sockets. */
  readonly prototype: Socket;
}

/** The class of connections, which may be called without `new`, and be extended. */
export const Socket = callable(SocketImpl, 'Socket') as unknown as SocketConstructor;

/** A server that listens with the reactor: all that `net.Server` of Node has. */
export interface Server extends nodeNet.Server {}

/** Called for each connection. */
export type ConnectionListener = (socket: Socket) => void;

/** Called and with `new` the same. */
export interface ServerConstructor {
  /** @throws TypeError as node:net */
  new (listener?: ConnectionListener): Server;
  new (options?: nodeNet.ServerOpts, listener?: ConnectionListener): Server;
  (listener?: ConnectionListener): Server;
  (options?: nodeNet.ServerOpts, listener?: ConnectionListener): Server;
  /** Of all servers. */
  readonly prototype: Server;
}

/** The class of servers, which may be called without `new`, and be extended. */
export const Server = callable(ServerImpl, 'Server') as unknown as ServerConstructor;
