// Connections that the program begins.
import { checkObject } from '../base/arguments.js';
import type { Reactor } from '../reactor/reactor.js';
import { close } from '../socket/calls.js';
import { type ConnectTcpOptions, connectTcp, connectUnix } from '../socket/open.js';
import { Adopted, Connection } from './connection.js';
import type { ConnectionHandlers } from './handlers.js';
import { type ConnectionOptions, kindOf } from './kind.js';

/** Where `connect()` connects to: the path of a Unix socket. */
export interface ConnectPathOptions {
  /** The path; one that begins with NUL is an abstract name (Linux). Windows 10 1803 or newer. */
  path: string;
}

/** Where to connect to, and options of the connection. */
export type ConnectOptions = (ConnectTcpOptions | ConnectPathOptions) & ConnectionOptions;

/**
 * Connects to a TCP address or a Unix socket (connect(2)). `open` is called in a later turn, when the connection is
 * there; `error` and `close` if it is refused, with an error that names the address. What is written before is sent
 * then. The kernel gives up after about two minutes (`net.ipv4.tcp_syn_retries`): `setDeadline()` or `idleTimeoutMs`
 * bound it.
 *
 * @param reactor whose turns serve it
 * @param options `noDelay` of TCP is true by default. Hosts are numeric addresses
 * @param handlers may be shared with any number of other connections; they are read anew for each event
 * @returns the connection, which is not there yet
 * @throws SystemError of socket(2) or connect(2) for what fails at once: EMFILE, ENETUNREACH, EADDRNOTAVAIL; of a Unix
 * socket also ENOENT, ECONNREFUSED and EAGAIN (its backlog is full). TypeError or RangeError for a wrong argument;
 * UnsupportedError for a backend without streams; ERR_INVALID_STATE if the reactor is closed
 */
export function connect<T = undefined>(
  reactor: Reactor,
  options: ConnectOptions,
  handlers: ConnectionHandlers<T>,
): Connection<T> {
  checkObject(options, 'options'); // kindOf() has a default for none
  const kind = kindOf(reactor, handlers, options);
  const fd = 'host' in options ? connectTcp({ noDelay: true, ...options }) : connectUnix(options);
  try {
    return new Connection(Adopted.fd(kind, fd, true));
  } catch (error) {
    close(fd);
    throw error;
  }
}
