/**
 * A module shaped like node:net, over connections that a reactor serves within its turns: `createServer()`,
 * `connect()`, `Server` and `Socket` with the members, events, options and errors of Node's. Programs, and what is in
 * npm, run on it unchanged, node:http, node:https, HTTP/2, `ws`, undici, Express and Fastify among them. The guide's
 * page on it says what differs, and what it costs.
 *
 * All sockets and servers share the reactor of the thread (`sharedReactor()` of fdreactor/node), which runs beside
 * Node's event loop and keeps the process alive as long as node:net would.
 *
 * @module fdreactor/net
 */
import type * as nodeNet from 'node:net';
import { normalizeArgs } from './net/arguments.js';
import { type ConnectionListener, Server, Socket } from './net/classes.js';
import { setSimultaneousAccepts } from './net/legacy.js';
import { channel, net } from './net/modules.js';
import type { SocketImpl } from './net/socket.js';

export {
  type ConnectionListener,
  Server,
  type ServerConstructor,
  Socket,
  type SocketConstructor,
} from './net/classes.js';
export { overReactor } from './net/over-reactor.js';

const clients = channel('net.client.socket');

/** Makes a server; `listener` is added to 'connection'. @throws TypeError as node:net */
export function createServer(listener?: ConnectionListener): Server;
/**
 * Makes a server.
 *
 * @param options those of node:net: `allowHalfOpen`, `pauseOnConnect`, `noDelay`, `keepAlive`, `keepAliveInitialDelay`,
 * `highWaterMark`
 * @param listener is added to 'connection'
 * @throws TypeError as node:net
 */
export function createServer(options?: nodeNet.ServerOpts, listener?: ConnectionListener): Server;
export function createServer(...args: unknown[]): Server {
  return new Server(...(args as [nodeNet.ServerOpts, ConnectionListener]));
}

/**
 * Connects to a TCP port, or to a Unix socket. A name is looked up; where it has several addresses, they are tried one
 * after the other (`autoSelectFamily`).
 *
 * @param options those of node:net; `path` in place of `port` and `host` for a Unix socket
 * @param listener is called once on 'connect'
 * @returns the socket, which is not connected yet
 * @throws TypeError and RangeError as node:net: ERR_MISSING_ARGS, ERR_SOCKET_BAD_PORT, ERR_INVALID_ARG_TYPE,
 * ERR_INVALID_IP_ADDRESS; UnsupportedError where a reactor cannot be attached. What fails later is emitted as 'error'
 */
export function connect(options: nodeNet.NetConnectOpts, listener?: () => void): Socket;
/** Connects to a port of a host, 'localhost' by default. */
export function connect(port: number, host?: string, listener?: () => void): Socket;
/** Connects to a Unix socket, or to a port of localhost. */
export function connect(target: number | string, listener?: () => void): Socket;
export function connect(...args: unknown[]): Socket {
  const normalized = normalizeArgs(args);
  const [options] = normalized;
  const socket = new Socket(options as nodeNet.SocketConstructorOpts);
  if (clients.hasSubscribers) clients.publish({ socket });
  if (options.timeout) socket.setTimeout(options.timeout as number);
  return (socket as unknown as SocketImpl).connect(normalized) as unknown as Socket;
}

/** The same as `connect()`. */
export const createConnection: typeof connect = connect;

/** The one of node:net. */
export type BlockList = nodeNet.BlockList;
/** The class of node:net. */
export const BlockList: typeof nodeNet.BlockList = net.BlockList;
/** The one of node:net. */
export type SocketAddress = nodeNet.SocketAddress;
/** The class of node:net. */
export const SocketAddress: typeof nodeNet.SocketAddress = net.SocketAddress;
/** The function of node:net: 4, 6, or 0 for what is no address. */
export const isIP: typeof nodeNet.isIP = net.isIP;
/** The function of node:net. */
export const isIPv4: typeof nodeNet.isIPv4 = net.isIPv4;
/** The function of node:net. */
export const isIPv6: typeof nodeNet.isIPv6 = net.isIPv6;
/** The function of node:net: both modules have one default. */
export const getDefaultAutoSelectFamily: () => boolean = net.getDefaultAutoSelectFamily;
/** The function of node:net: both modules have one default. */
export const setDefaultAutoSelectFamily: (value: boolean) => void = net.setDefaultAutoSelectFamily;
/** The function of node:net: both modules have one default, in milliseconds. */
export const getDefaultAutoSelectFamilyAttemptTimeout: () => number = net.getDefaultAutoSelectFamilyAttemptTimeout;
/** The function of node:net: both modules have one default, in milliseconds. */
export const setDefaultAutoSelectFamilyAttemptTimeout: (value: number) => void =
  net.setDefaultAutoSelectFamilyAttemptTimeout;

/** @internal Names that node:net still has for old programs. */
export { normalizeArgs as _normalizeArgs, Socket as Stream, setSimultaneousAccepts as _setSimultaneousAccepts };
