/**
 * A module shaped like node:net, over connections that a reactor serves.
 *
 * @module fdreactor/net
 */
import { normalizeArgs } from './net/arguments.js';
import { callable } from './net/callable.js';
import { channel, net } from './net/modules.js';
import { ServerImpl } from './net/server.js';
import { SocketImpl } from './net/socket.js';

export { overReactor } from './net/over-reactor.js';

export const Socket = callable(SocketImpl, 'Socket');
export const Server = callable(ServerImpl, 'Server');
const clients = channel('net.client.socket');

export function connect(...args: unknown[]) {
  const normalized = normalizeArgs(args);
  const [options] = normalized;
  const socket = new Socket(options);
  if (clients.hasSubscribers) clients.publish({ socket });
  if (options.timeout) socket.setTimeout(options.timeout as number);
  return socket.connect(normalized);
}
export const createConnection = connect;
export function createServer(...args: unknown[]) {
  return new Server(...(args as []));
}
export const Stream = Socket;
export const {
  BlockList,
  SocketAddress,
  isIP,
  isIPv4,
  isIPv6,
  getDefaultAutoSelectFamily,
  setDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout,
  setDefaultAutoSelectFamilyAttemptTimeout,
} = net;
export { setSimultaneousAccepts as _setSimultaneousAccepts } from './net/legacy.js';
export const _normalizeArgs = normalizeArgs;
