// server.listen() in all its forms, and what a server does with a connection. A server of node:http has the same
// members as the one here, so it can listen by them too (over-reactor.ts).

import { errorOf, SystemError } from '../base/errors.js';
import type { ListenerOptions } from '../connection/listener.js';
import { fs } from '../native/builtins.js';
import { native } from '../native/table.js';
import { type AcceptingServer, accept } from './accepting.js';
import { isPath, type Normalized, normalizeArgs, toNumber } from './arguments.js';
import { callError, invalidArgValue, stateError } from './errors.js';
import { channel, cluster, dns } from './modules.js';
import { ServerHandle } from './server-handle.js';
import { validatePort, validateSignal } from './validate.js';

const DEFAULT_BACKLOG = 511;
const { EACCES = 13, EADDRINUSE, EINVAL = 22 } = native.constants.error;

/** The members of a server that listen() uses; node:net's have them as well. */
export interface ListeningServer extends AcceptingServer {
  _handle: ServerHandle | null;
  _unref: boolean;
  _listeningId?: number;
  _pipeName?: string;
  _connectionKey?: string;
  once(event: string, listener: (...args: unknown[]) => void): unknown;
  close(): unknown;
}

const listens = channel('tracing:net.server.listen:asyncStart');
const listening = channel('tracing:net.server.listen:asyncEnd');
const listenFailed = channel('tracing:net.server.listen:error');

/** @throws ERR_SERVER_ALREADY_LISTEN, ERR_SOCKET_BAD_PORT, ERR_INVALID_ARG_VALUE */
export function listen(server: ListeningServer, args: readonly unknown[]): void {
  const normalized = normalizeArgs(args);
  const [, callback] = normalized;
  if (server._handle) throw stateError('ERR_SERVER_ALREADY_LISTEN');
  if (listens.hasSubscribers) listens.publish({ server, options: normalized[0] });
  if (callback !== null) server.once('listening', callback);
  const backlog = toNumber(args.length > 1 && args[1]) || toNumber(args.length > 2 && args[2]) || undefined;
  server._listeningId = (server._listeningId ?? 0) + 1;
  listenOn(server, (normalized[0]._handle ?? normalized[0].handle ?? normalized[0]) as Normalized[0], args, backlog);
}

function listenOn(server: ListeningServer, options: Normalized[0], args: readonly unknown[], given?: number): void {
  closeWhenAborted(server, options.signal);
  if (typeof options.fd === 'number' && options.fd >= 0) {
    open(server, { fd: options.fd }, null, undefined, given);
    return;
  }
  const [first] = args;
  const isUnnamed = args.length === 0 || typeof first === 'function';
  if (isUnnamed || (options.port === undefined && 'port' in options) || options.port === null) options.port = 0;
  const backlog = (options.backlog as number) || given;
  if (typeof options.port === 'number' || typeof options.port === 'string') {
    listenTcp(server, options, validatePort(options.port, 'options.port'), backlog);
  } else if (options.path && isPath(options.path)) listenPath(server, options, options.path, backlog);
  else if (!('port' in options || 'path' in options)) {
    throw invalidArgValue('options', options, 'must have the property "port" or "path"');
  } else throw invalidArgValue('options', options);
}

function listenTcp(server: ListeningServer, options: Normalized[0], port: number, backlog?: number): void {
  const tcp = { port, ...(options.ipv6Only === true ? { ipv6Only: true } : {}), ...shared(options) };
  const host = options.host as string | undefined;
  if (!host) {
    openAny(server, tcp, backlog);
    return;
  }
  const id = server._listeningId;
  dns().lookup(host, (error, address, family) => {
    if (id !== server._listeningId) return;
    if (error) server.emit('error', error);
    else open(server, { ...tcp, host: address }, address, port, backlog, family);
  });
}

/** The workers of a cluster listen on one port each by itself, and the kernel spreads the connections. */
function shared({ exclusive, reusePort }: Normalized[0]): ListenerOptions {
  return reusePort === true || (!exclusive && cluster().isWorker) ? { reusePort: true } : {};
}

/** Every address, of IPv6 and IPv4, or of IPv4 where the system has no other. */
function openAny(server: ListeningServer, tcp: ListenerOptions, backlog?: number): void {
  const listenerOptions = { ...tcp, host: '::' };
  try {
    opened(server, handleOf(server, listenerOptions, backlog), '::', tcp.port, 6);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    const hasIpv6 = error.code === 'EADDRINUSE' || error.code === 'EACCES';
    if (hasIpv6) failed(server, callError(error, 'listen', { address: '::', port: tcp.port }, true));
    else open(server, { ...tcp, host: '0.0.0.0' }, '0.0.0.0', tcp.port, backlog, 4);
  }
}

function listenPath(server: ListeningServer, options: Normalized[0], path: string, backlog?: number): void {
  const { readableAll, writableAll } = options;
  if (path.startsWith('\0') && (readableAll || writableAll)) {
    const reason = 'can not set readableAll or writableAllt to true when path is abstract unix socket';
    throw invalidArgValue('options', options, reason);
  }
  server._pipeName = path;
  open(server, { path }, path, -1, backlog, -1);
  if (server._handle !== null) openToAll(path, readableAll === true, writableAll === true);
}

/** Lets other users connect. */
function openToAll(path: string, readable: boolean, writable: boolean): void {
  const bits = (readable ? 0o444 : 0) | (writable ? 0o222 : 0);
  if (bits !== 0) fs.chmodSync(path, (fs.statSync(path).mode & 0o777) | bits);
}

function handleOf(server: ListeningServer, where: ListenerOptions, backlog = DEFAULT_BACKLOG): ServerHandle {
  const options = { ...where, backlog, noDelay: server.noDelay };
  return new ServerHandle(options, (connection, isTcp) => accept(server, connection, isTcp));
}

function open(
  server: ListeningServer,
  where: ListenerOptions,
  address: string | null,
  port?: number,
  backlog?: number,
  family?: number,
): void {
  try {
    if (where.fd !== undefined) listenByFd(where.fd, backlog);
    opened(server, handleOf(server, where, backlog), address, port, family);
  } catch (error) {
    failed(server, callError(asLibuv(error, where), 'listen', { address, port }, true));
  }
}

/** An fd of another kind is EINVAL, and a folder that is not there EACCES, as libuv has it. */
function asLibuv(error: unknown, { path }: ListenerOptions): unknown {
  if (!(error instanceof SystemError)) return new SystemError(EINVAL, 'listen');
  return path !== undefined && error.code === 'ENOENT' ? new SystemError(EACCES, 'listen') : error;
}

/** @throws SystemError of listen(2) */
function listenByFd(fd: number, backlog = DEFAULT_BACKLOG): void {
  const result = native.socket.listen(fd, backlog);
  if (result < 0) throw new SystemError(errorOf(result) === EADDRINUSE ? EADDRINUSE : EINVAL, 'listen');
}

function failed(server: ListeningServer, error: Error): void {
  if (listenFailed.hasSubscribers) listenFailed.publish({ server, error });
  process.nextTick(emitError, server, error);
}

function emitError(server: ListeningServer, error: Error): void {
  server.emit('error', error);
}

function opened(
  server: ListeningServer,
  handle: ServerHandle,
  address: string | null,
  port: number | undefined,
  family: number | undefined,
): void {
  server._handle = handle;
  if (listening.hasSubscribers) listening.publish({ server });
  server._connectionKey = `${family}:${address}:${port}`;
  if (server._unref) handle.unref();
  handle.runInAsyncScope(() => process.nextTick(emitListening, server));
}

function emitListening(server: ListeningServer): void {
  if (server._handle) server.emit('listening');
}

function closeWhenAborted(server: ListeningServer, signal: unknown): void {
  if (signal === undefined) return;
  validateSignal(signal, 'options.signal');
  const close = (): void => {
    server.close();
  };
  if (signal.aborted) process.nextTick(close);
  else {
    signal.addEventListener('abort', close, { once: true });
    server.once('close', () => signal.removeEventListener('abort', close));
  }
}
