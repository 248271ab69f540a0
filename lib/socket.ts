/**
 * Non-blocking sockets and fds: one function a system call, and a few that open a socket in one step.
 *
 * Every fd made here is close-on-exec, every socket and pipe non-blocking. Calls that move data or accept return a
 * count or an fd, or `WOULD_BLOCK` (-1). Everything else is thrown: `SystemError` for a call that failed, TypeError or
 * RangeError for a wrong argument, before any call is made. EINTR is retried; SIGPIPE never reaches the process.
 *
 * An fd from outside (a parent, systemd, another add-on) may be blocking. `recv()`, `send()`, `recvfrom()` and
 * `sendto()` never wait all the same, but `send()` and `sendto()` on macOS and all four on Windows do. Every other call
 * waits on a blocking fd: see `setNonBlocking()`.
 *
 * On Windows an fd is a SOCKET, every call is Winsock's, and children do not inherit it. A number that is no open
 * socket is ENOTSOCK there, where POSIX says EBADF. A send takes at most 1 MiB at a time, because Windows would take
 * any amount.
 *
 * @module fdreactor/socket
 */
export { WOULD_BLOCK } from './base/errors.js';
export type { SocketConstant } from './native/constant-names.gen.js';
export {
  type AddressFamily,
  type AddressInfo,
  type InternetAddress,
  SocketAddress,
  type UnixAddress,
} from './socket/address.js';
export * from './socket/calls.js';
export * from './socket/cpu-steering.js';
export * from './socket/data.js';
export type { ExtendedError } from './socket/extended-error.js';
export * from './socket/fd-passing.js';
export { Message, type MessageOptions } from './socket/message.js';
export * from './socket/messages.js';
export { isNonBlocking, setNonBlocking } from './socket/non-blocking.js';
export {
  type BindUdpOptions,
  bindUdp,
  type ConnectTcpOptions,
  connectTcp,
  connectUnix,
  type ListenTcpOptions,
  type ListenUnixOptions,
  listenTcp,
  listenUnix,
} from './socket/open.js';
export { getsockopt, setsockopt } from './socket/options.js';
export * from './socket/proxy-header.js';
