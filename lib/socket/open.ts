// Sockets opened in one step: socket, options, bind, listen or connect. Where a later step fails, the fd is closed and
// the error says which call it was.

import { checkBoolean, checkInteger, checkObject } from '../base/arguments.js';
import { errorOf, SystemError, UnsupportedError, WOULD_BLOCK } from '../base/errors.js';
import type { SocketConstant } from '../native/constant-names.gen.js';
import { native } from '../native/table.js';
import { addressBytes, addressDetails } from './address.js';

const SOCKET = native.constants.socket;
const { EAFNOSUPPORT } = native.constants.error;
// Only Windows has the first.
const REUSE_OF_LISTENERS = SOCKET.SO_EXCLUSIVEADDRUSE === undefined ? 'SO_REUSEADDR' : 'SO_EXCLUSIVEADDRUSE';
const DEFAULT_BACKLOG = 511; // as Node's; the system clamps it
const DEFER_ACCEPT_SECONDS = 1;
const MAX_BACKLOG = 2 ** 31 - 1;

/** Options of listenTcp(). */
export interface ListenTcpOptions {
  /** A numeric IPv4 or IPv6 address; '0.0.0.0' or '::' for any. */
  host: string;
  /** 0 for any free one: see getsockname(). */
  port: number;
  /** How many connections may wait to be accepted; 511 by default. Clamped by the system (net.core.somaxconn). */
  backlog?: number;
  /** SO_REUSEPORT: several sockets share the port, and the kernel spreads connections. Linux 3.9. */
  reusePort?: boolean;
  /**
   * SO_REUSEADDR: on by default, so that a server can be started again at once. Windows lets that be done anyway, and
   * its SO_REUSEADDR would let others steal the port; there this is SO_EXCLUSIVEADDRUSE, which forbids it.
   */
  reuseAddress?: boolean;
  /** IPV6_V6ONLY: whether '::' leaves IPv4 out; false by default. */
  ipv6Only?: boolean;
  /** TCP_DEFER_ACCEPT: accept only once the peer has sent something. Linux. */
  deferAccept?: boolean;
}

/** Options of listenUnix(). */
export interface ListenUnixOptions {
  /** See UnixAddress. A file that is there already is EADDRINUSE. NUL first: an abstract name (Linux only). */
  path: string;
  /** How many connections may wait to be accepted; 511 by default. */
  backlog?: number;
}

/** Options of connectTcp(). */
export interface ConnectTcpOptions {
  /** A numeric IPv4 or IPv6 address. */
  host: string;
  /** 0 to 65535. */
  port: number;
  /** The numeric address to connect from. */
  localAddress?: string;
  /** The port to connect from. */
  localPort?: number;
  /** TCP_NODELAY: do not hold small segments back; false by default, as the system has it. */
  noDelay?: boolean;
}

/** Options of bindUdp(). */
export interface BindUdpOptions {
  /** A numeric IPv4 or IPv6 address; '0.0.0.0' or '::' for any. */
  host: string;
  /** 0 for any free one: see getsockname(). */
  port: number;
  /** SO_REUSEPORT: several sockets share the port, and the kernel spreads datagrams. */
  reusePort?: boolean;
  /** SO_REUSEADDR; false by default. */
  reuseAddress?: boolean;
  /** IPV6_V6ONLY: whether '::' leaves IPv4 out; false by default. */
  ipv6Only?: boolean;
}

/**
 * A TCP socket that listens (socket(2), bind(2), listen(2)).
 *
 * @returns its fd
 * @throws SystemError EADDRINUSE, EADDRNOTAVAIL, EACCES, EMFILE ... of the call that failed; UnsupportedError for an
 * option that the platform does not have
 */
export function listenTcp(options: ListenTcpOptions): number {
  checkObject(options, 'options');
  const { backlog = DEFAULT_BACKLOG, reusePort, reuseAddress = true, ipv6Only, deferAccept } = options;
  checkBacklog(backlog);
  const address = addressBytes(options, 'options');
  return opening(address, 'SOCK_STREAM', (fd) => {
    setFlag(fd, 'SOL_SOCKET', REUSE_OF_LISTENERS, reuseAddress, 'reuseAddress');
    setFlag(fd, 'SOL_SOCKET', 'SO_REUSEPORT', reusePort, 'reusePort');
    setV6Only(fd, address, ipv6Only);
    if (optionalBoolean(deferAccept, 'deferAccept')) {
      setOption(fd, 'IPPROTO_TCP', 'TCP_DEFER_ACCEPT', DEFER_ACCEPT_SECONDS);
    }
    bindTo(fd, address);
    check(native.socket.listen(fd, backlog), 'listen', address);
  });
}

/**
 * A Unix stream socket that listens. Windows has them from version 1803 on.
 *
 * @returns its fd
 * @throws SystemError EADDRINUSE, EACCES, ENOENT ...; UnsupportedError where there are no Unix sockets
 */
export function listenUnix(options: ListenUnixOptions): number {
  checkObject(options, 'options');
  const { path, backlog = DEFAULT_BACKLOG } = options;
  checkBacklog(backlog);
  const address = addressBytes({ path: requiredPath(path), host: undefined }, 'options');
  return opening(address, 'SOCK_STREAM', (fd) => {
    bindTo(fd, address);
    check(native.socket.listen(fd, backlog), 'listen', address);
  });
}

/**
 * A TCP socket whose connection is under way: when it is WRITABLE, `takeError(fd)` says how it came out. (Windows tries
 * a port that refuses three times, for about two seconds.)
 *
 * @returns its fd
 * @throws SystemError for what fails at once: ENETUNREACH, EADDRNOTAVAIL, EADDRINUSE (local port), EACCES ...
 */
export function connectTcp(options: ConnectTcpOptions): number {
  checkObject(options, 'options');
  const { localAddress, localPort, noDelay } = options;
  const address = addressBytes(options, 'options');
  const hasLocal = localAddress !== undefined || localPort !== undefined;
  const host = localAddress ?? (familyOf(address) === 'IPv6' ? '::' : '0.0.0.0');
  const local = hasLocal ? addressBytes({ host, port: localPort ?? 0, path: undefined }) : undefined;
  return opening(address, 'SOCK_STREAM', (fd) => {
    setFlag(fd, 'IPPROTO_TCP', 'TCP_NODELAY', noDelay, 'noDelay');
    // What Windows' IPv6 sockets do not reach by default.
    if (isMappedIpv4(address)) setOption(fd, 'IPPROTO_IPV6', 'IPV6_V6ONLY', 0);
    if (local !== undefined) bindTo(fd, local);
    connectTo(fd, address);
  });
}

/**
 * A connected Unix stream socket (a Unix socket connects at once or not at all).
 *
 * @returns its fd
 * @throws SystemError ENOENT, ECONNREFUSED, EACCES, EAGAIN (the peer's backlog is full); UnsupportedError where there
 * are no Unix sockets
 */
export function connectUnix(options: { path: string }): number {
  checkObject(options, 'options');
  const address = addressBytes({ path: requiredPath(options.path), host: undefined }, 'options');
  return opening(address, 'SOCK_STREAM', (fd) => connectTo(fd, address));
}

/**
 * A UDP socket with a local address (socket(2), bind(2), udp(7)).
 *
 * @returns its fd
 * @throws SystemError EADDRINUSE, EADDRNOTAVAIL, EACCES, EMFILE ... of the call that failed; UnsupportedError for an
 * option that the platform does not have
 */
export function bindUdp(options: BindUdpOptions): number {
  checkObject(options, 'options');
  const { reusePort, reuseAddress, ipv6Only } = options;
  const address = addressBytes(options, 'options');
  return opening(address, 'SOCK_DGRAM', (fd) => {
    setFlag(fd, 'SOL_SOCKET', 'SO_REUSEADDR', reuseAddress, 'reuseAddress');
    setFlag(fd, 'SOL_SOCKET', 'SO_REUSEPORT', reusePort, 'reusePort');
    setV6Only(fd, address, ipv6Only);
    bindTo(fd, address);
  });
}

const DOMAINS = { IPv4: SOCKET.AF_INET, IPv6: SOCKET.AF_INET6, unix: SOCKET.AF_UNIX } as const;

function familyOf(address: Uint8Array): 'IPv4' | 'IPv6' | 'unix' {
  return native.address.toText(address)[0] as 'IPv4' | 'IPv6' | 'unix';
}

function isMappedIpv4(address: Uint8Array): boolean {
  const [family, text] = native.address.toText(address);
  return family === 'IPv6' && text.startsWith('::ffff:');
}

/** Opens a socket of the address's family, and closes it again if `setUp` throws. */
function opening(address: Uint8Array, type: 'SOCK_STREAM' | 'SOCK_DGRAM', setUp: (fd: number) => void): number {
  const domain = DOMAINS[familyOf(address)];
  if (domain === undefined) throw new UnsupportedError('this family of addresses');
  const fd = native.socket.socket(domain, SOCKET[type], 0);
  if (fd < 0 && domain === SOCKET.AF_UNIX && errorOf(fd) === EAFNOSUPPORT) throw new UnsupportedError('AF_UNIX');
  if (fd < 0) throw new SystemError(errorOf(fd), 'socket', addressDetails(address));
  try {
    setUp(fd);
    return fd;
  } catch (error) {
    native.fd.close(fd);
    throw error;
  }
}

function check(result: number, syscall: string, address: Uint8Array): void {
  if (result < 0) throw new SystemError(errorOf(result), syscall, addressDetails(address));
}

function bindTo(fd: number, address: Uint8Array): void {
  check(native.socket.bind(fd, address), 'bind', address);
}

function connectTo(fd: number, address: Uint8Array): void {
  const result = native.socket.connect(fd, address);
  if (result !== WOULD_BLOCK) check(result, 'connect', address);
}

function setOption(fd: number, level: SocketConstant, name: SocketConstant, value: number): void {
  const number = SOCKET[name];
  if (number === undefined) throw new UnsupportedError(name);
  const result = native.socket.setsockopt(fd, SOCKET[level], number, new Uint8Array(Int32Array.of(value).buffer));
  if (result < 0) throw new SystemError(errorOf(result), 'setsockopt', { fd, option: `${level} ${name}` });
}

function setFlag(fd: number, level: SocketConstant, name: SocketConstant, value: unknown, option: string): void {
  if (optionalBoolean(value, option)) setOption(fd, level, name, 1);
}

// Set either way, so that what '::' means does not rest on a sysctl (net.ipv6.bindv6only).
function setV6Only(fd: number, address: Uint8Array, value: unknown): void {
  const ipv6Only = optionalBoolean(value, 'ipv6Only');
  if (familyOf(address) === 'IPv6') setOption(fd, 'IPPROTO_IPV6', 'IPV6_V6ONLY', ipv6Only ? 1 : 0);
}

function optionalBoolean(value: unknown, name: string): boolean {
  if (value === undefined) return false;
  checkBoolean(value, `options.${name}`);
  return value;
}

function checkBacklog(backlog: unknown): void {
  checkInteger(backlog, 'options.backlog', 0, MAX_BACKLOG);
}

// addressBytes() would take { host, port } as well where path is undefined.
function requiredPath(path: unknown): string {
  return path === undefined ? '' : (path as string);
}
