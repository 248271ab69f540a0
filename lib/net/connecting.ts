// socket.connect(): what is asked for, the lookup of a name, and the one address, or one after the other.
import { SystemError } from '../base/errors.js';
import { os } from '../native/builtins.js';
import { connectTcp, connectUnix } from '../socket/open.js';
import type { Normalized } from './arguments.js';
import {
  allFailed,
  callError,
  invalidArgType,
  invalidIpAddress,
  ipBlocked,
  missingArgs,
  type Place,
  stateError,
} from './errors.js';
import { connectionKind, SocketHandle } from './handle.js';
import { type Destination, type LookupOptions, lookUp } from './lookup.js';
import { net } from './modules.js';
import { isBlocked, tellKeepAlive } from './newer-node.js';
import type { SocketImpl } from './socket.js';
import { validateBoolean, validateInt32, validateNumber, validatePort, validateString } from './validate.js';

const LEAST_ATTEMPT_MS = 10;

/** What connect() was asked for, checked. */
export interface Target extends LookupOptions {
  readonly port: number;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  readonly autoSelectFamily: boolean;
  readonly attemptTimeoutMs: number;
}

export function connectSocket(socket: SocketImpl, [options, callback]: Normalized): void {
  if (callback !== null) socket.once('connect', callback);
  if (socket._parent?.connecting) return;
  const { path } = options;
  if (options.port === undefined && path == null) throw missingArgs('options', 'port', 'path');
  if (Object.hasOwn(socket, 'write')) Reflect.deleteProperty(socket, 'write');
  if (socket.destroyed) {
    socket._handle = null;
    socket._peername = null;
    socket._sockname = null;
  }
  if (socket._handle === null) newHandle(socket, !path);
  socket._unrefTimer();
  socket.connecting = true;
  if (path) {
    validateString(path, 'options.path');
    connectPath(socket, path);
  } else connectHost(socket, checkTarget(options));
}

/** A closed socket may connect anew. */
function newHandle(socket: SocketImpl, isTcp: boolean): SocketHandle {
  (socket as unknown as { _undestroy(): void })._undestroy();
  socket._sockname = null;
  const handle = new SocketHandle(isTcp, socket);
  handle.busy = true;
  socket._handle = handle;
  return handle;
}

function checkTarget(options: Normalized[0]): Target {
  const { localAddress, localPort, port, autoSelectFamily, autoSelectFamilyAttemptTimeout } = options;
  if (localAddress && !net.isIP(localAddress as string)) throw invalidIpAddress(localAddress);
  if (localPort) validateNumber(localPort, 'options.localPort');
  if (port !== undefined && typeof port !== 'number' && typeof port !== 'string') {
    throw invalidArgType('options.port', ['number', 'string'], port);
  }
  if (port !== undefined) validatePort(port);
  if (autoSelectFamily != null) validateBoolean(autoSelectFamily, 'options.autoSelectFamily');
  const timeout = autoSelectFamilyAttemptTimeout;
  if (timeout != null) validateInt32(timeout, 'options.autoSelectFamilyAttemptTimeout', 1);
  return {
    host: (options.host as string) || 'localhost',
    givenHost: options.host,
    givenPort: options.port,
    family: options.family,
    hints: options.hints as number | undefined,
    lookup: options.lookup,
    port: Number(port) | 0,
    localAddress: (localAddress as string) || undefined,
    localPort: (localPort as number) || undefined,
    autoSelectFamily: (autoSelectFamily as boolean) ?? net.getDefaultAutoSelectFamily(),
    attemptTimeoutMs: Math.max(LEAST_ATTEMPT_MS, (timeout as number) ?? net.getDefaultAutoSelectFamilyAttemptTimeout()),
  };
}

function inScope(socket: SocketImpl, call: () => void): void {
  const handle = socket._handle;
  if (handle === null) call();
  else handle.runInAsyncScope(call);
}

function connectHost(socket: SocketImpl, target: Target): void {
  const family = net.isIP(target.host);
  if (family !== 0) {
    process.nextTick(() => {
      if (socket.connecting) inScope(socket, () => connectOne(socket, target, { address: target.host, family }));
    });
    return;
  }
  socket._host = target.host;
  const several = !target.localAddress && target.autoSelectFamily;
  lookUp(socket, target, several, (error, addresses) => {
    if (error !== null) process.nextTick(() => socket.destroy(error));
    else if (addresses.length > 1) connectSeveral(socket, target, addresses);
    else {
      socket._unrefTimer();
      connectOne(socket, target, addresses[0] as Destination);
    }
  });
}

function connectPath(socket: SocketImpl, path: string): void {
  const handle = socket._handle as SocketHandle;
  socket.emit('connectionAttempt', path, undefined, undefined);
  const failed = (error: Error): void => connectFailed(socket, callError(error, 'connect', { address: path }), path);
  handle.attempt = { opened: () => connected(socket), failed };
  try {
    handle.adopt(connectUnix({ path }), connectionKind(), true);
  } catch (error) {
    // A Unix socket connects at once or not at all: Node tells it in a later turn.
    setImmediate(() => {
      if (!socket.destroyed && socket._handle === handle) handle.runInAsyncScope(failed, undefined, error as Error);
    });
  }
}

/** Opens the fd, and gives it to the handle. */
function open(handle: SocketHandle, target: Target, { address, family }: Destination): void {
  const { port, localPort } = target;
  const isBound = target.localAddress !== undefined || localPort !== undefined;
  const localAddress = target.localAddress ?? (family === 6 ? '::' : '0.0.0.0');
  const local = isBound ? { localAddress, localPort: localPort ?? 0 } : {};
  handle.adopt(connectTcp({ host: address, port, ...local }), connectionKind(), true);
}

/** The error of a call that failed at once. */
function openFailed(cause: unknown, target: Target, { address, family }: Destination): Error {
  const any = family === 6 ? '::' : '0.0.0.0';
  const { localAddress = any, localPort, port } = target;
  const isBind = (cause as { syscall?: unknown }).syscall === 'bind';
  if (isBind) return callError(cause, 'bind', { address: localAddress, port: localPort });
  return callError(cause, 'connect', { address, port, local: `${localAddress}:${localPort ?? 0}` });
}

/** The error of a connection that was under way. */
function attemptFailed(cause: unknown, target: Target, address: string): Error {
  const { port, localAddress, localPort } = target;
  const isLocal = localAddress !== undefined && localPort !== undefined;
  const place: Place = { address, port, local: isLocal ? `${localAddress}:${localPort}` : undefined };
  const error = callError(cause, 'connect', place);
  return isLocal ? Object.assign(error, { localAddress, localPort }) : error;
}

function connectOne(socket: SocketImpl, target: Target, destination: Destination): void {
  const { address, family } = destination;
  const handle = socket._handle as SocketHandle;
  socket.emit('connectionAttempt', address, target.port, family);
  if (socket.destroyed) return;
  if (isBlocked(socket.blockList, address)) {
    socket.destroy(ipBlocked(address));
    return;
  }
  handle.attempt = {
    opened: () => connected(socket),
    failed: (cause) => connectFailed(socket, attemptFailed(cause, target, address), address, target.port, family),
  };
  try {
    open(handle, target, destination);
  } catch (error) {
    socket.destroy(openFailed(error, target, destination));
  }
}

function connectFailed(socket: SocketImpl, error: Error, address: string, port?: number, family?: number): void {
  if (socket.destroyed) return;
  socket.connecting = false;
  socket.emit('connectionAttemptFailed', address, port, family, error);
  socket.destroy(error);
}

function connected(socket: SocketImpl): void {
  const handle = socket._handle;
  if (socket.destroyed || handle === null) return;
  handle.attempt = null;
  socket.connecting = false;
  socket._sockname = null;
  socket._unrefTimer();
  if (socket._noDelay) handle.setNoDelay(true);
  if (socket._keepAlive.isOn) tellKeepAlive(handle, socket._keepAlive);
  socket.emit('connect');
  socket.emit('ready');
  if (socket.destroyed) return;
  if (!socket.isPaused()) socket.read(0);
  else if (!handle.reading) handle.readStop();
}

/** Tries one address after the other: the next where one has failed, or has not answered in time. */
function connectSeveral(socket: SocketImpl, target: Target, addresses: readonly Destination[]): void {
  socket.autoSelectFamilyAttemptedAddresses = [];
  socket._unrefTimer();
  new Attempts(socket, target, addresses).next();
}

class Attempts {
  readonly #socket: SocketImpl;
  readonly #target: Target;
  readonly #addresses: readonly Destination[];
  readonly #errors: Error[] = [];
  #current = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: SocketImpl, target: Target, addresses: readonly Destination[]) {
    this.#socket = socket;
    this.#target = target;
    this.#addresses = addresses;
  }

  next(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    const destination = this.#addresses[this.#current];
    if (destination === undefined) {
      const errors = this.#errors;
      socket.destroy(errors.length === 0 ? stateError('ERR_SOCKET_CONNECTION_TIMEOUT') : allFailed(errors));
      return;
    }
    const isFirst = this.#current++ === 0;
    const handle = isFirst ? (socket._handle as SocketHandle) : this.#renew();
    this.#try(handle, destination);
  }

  #renew(): SocketHandle {
    this.#socket._handle?.abandon();
    return newHandle(this.#socket, true);
  }

  #try(handle: SocketHandle, destination: Destination): void {
    const socket = this.#socket;
    const { address, family } = destination;
    const { port, attemptTimeoutMs } = this.#target;
    if (isBlocked(socket.blockList, address)) {
      this.#failed(destination, ipBlocked(address));
      return;
    }
    socket.emit('connectionAttempt', address, port, family);
    if (socket.destroyed) return;
    socket.autoSelectFamilyAttemptedAddresses?.push(`${address}:${port}`);
    handle.attempt = {
      opened: () => {
        clearTimeout(this.#timer);
        connected(socket);
      },
      failed: (cause) => this.#failed(destination, attemptFailed(cause, this.#target, address)),
    };
    try {
      open(handle, { ...this.#target, localAddress: undefined }, destination);
    } catch (error) {
      this.#failed(destination, openFailed(error, this.#target, destination));
      return;
    }
    if (this.#current < this.#addresses.length) {
      this.#timer = setTimeout(() => this.#timedOut(destination), attemptTimeoutMs);
    }
  }

  #failed({ address, family }: Destination, error: Error): void {
    clearTimeout(this.#timer);
    this.#errors.push(error);
    this.#socket.emit('connectionAttemptFailed', address, this.#target.port, family, error);
    if (this.#socket.connecting) this.next();
  }

  #timedOut({ address, family }: Destination): void {
    const socket = this.#socket;
    socket.emit('connectionAttemptTimeout', address, this.#target.port, family);
    const cause = new SystemError(os.constants.errno.ETIMEDOUT, 'connect');
    this.#errors.push(attemptFailed(cause, this.#target, address));
    if (socket.connecting) this.next();
  }
}
