// Connections that the program begins.
import type { Reactor } from '../reactor/reactor.js';
import { close } from '../socket/calls.js';
import { type ConnectTcpOptions, connectTcp, connectUnix } from '../socket/open.js';
import { Adopted, Connection, type ConnectionOptions, kindOf } from './connection.js';
import type { ConnectionHandlers } from './handlers.js';

/** Where to connect to, and options of the connection. */
export type ConnectOptions = (ConnectTcpOptions | { path: string }) & ConnectionOptions;

/**
 * Connects to a TCP address or a Unix socket. `open` is called when the connection is there, `error` and `close` if it
 * is refused. What is written before is sent then.
 *
 * @throws SystemError of socket(2) or connect(2) for what fails at once; TypeError or RangeError for a wrong option
 */
export function connect<T = undefined>(
  reactor: Reactor,
  options: ConnectOptions,
  handlers: ConnectionHandlers<T>,
): Connection<T> {
  const kind = kindOf(reactor, handlers, options);
  const fd = 'host' in options ? connectTcp({ noDelay: true, ...options }) : connectUnix(options);
  try {
    return new Connection(Adopted.fd(kind, fd, true));
  } catch (error) {
    close(fd);
    throw error;
  }
}
