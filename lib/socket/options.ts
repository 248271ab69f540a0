// getsockopt(2) and setsockopt(2), as fdreactor/socket exports them. Which options are let through is decided natively
// (native/sys/socket_options.h).
import { checkBytes, checkFd, checkInteger } from '../base/arguments.js';
import { BAD_ARGUMENT, errorOf, holdsAddress, SystemError } from '../base/errors.js';
import type { SocketConstant } from '../native/constant-names.gen.js';
import { native } from '../native/table.js';

const INT32_LIMIT = 2 ** 31;
const numbers: Readonly<Record<string, number>> = native.constants.socket;

/** The levels whose options `constants` names, and how those names begin. */
const PREFIXES = new Map<SocketConstant, string>([
  ['SOL_SOCKET', 'SO_'],
  ['IPPROTO_TCP', 'TCP_'],
  ['IPPROTO_IP', 'IP_'],
  ['IPPROTO_IPV6', 'IPV6_'],
  ['IPPROTO_UDP', 'UDP_'],
]);

/**
 * Reads a socket option (getsockopt(2)): returns the value of an integer option, or writes the bytes of any other into
 * `buffer`.
 *
 * The buffer is only written. The system is given zeros in its place, because options exist that take an address or a
 * count from it. Exceptions are options of SCTP and MPTCP and PACKET_HDRLEN, which read from it which association or
 * version is meant, and no address.
 *
 * @param level such as constants.SOL_SOCKET
 * @param name such as constants.SO_RCVBUF
 * @returns the value; with `buffer`, how many bytes the value has. That is more than `buffer.length` where the system
 * cut the value off and says so
 * @throws SystemError ENOPROTOOPT or EOPNOTSUPP (the socket has no such option), EINVAL, ENOTSOCK, EBADF; its `option`
 * names level and option. TypeError ERR_INVALID_ARG_VALUE for an option whose value holds an address, or that writes
 * more than it has room for: TCP_ZEROCOPY_RECEIVE, SO_GET_FILTER, IP_MSFILTER, MCAST_MSFILTER, ...
 */
export function getsockopt(fd: number, level: number, name: number, buffer?: Uint8Array): number {
  checkOption(fd, level, name);
  if (buffer !== undefined) checkBytes(buffer);
  const integer = new Int32Array(1);
  const target = buffer ?? new Uint8Array(integer.buffer);
  const length = native.socket.getsockopt(fd, level, name, target);
  if (length < 0) optionFailed('getsockopt', length, fd, level, name);
  return buffer === undefined ? (integer[0] as number) : length;
}

/**
 * Sets a socket option (setsockopt(2)); socket(7), ip(7), ipv6(7), tcp(7) and udp(7) say what there is.
 *
 * @param level such as constants.IPPROTO_TCP
 * @param name such as constants.TCP_NODELAY
 * @param value an integer of 32 bits, or the bytes of any other value, in the form of the system's header. An option
 * that the package does not know takes 4 bytes at most
 * @throws SystemError ENOPROTOOPT or EOPNOTSUPP (the socket has no such option), EINVAL, EPERM (without the right to),
 * ENOTSOCK, EBADF; its `option` names level and option. TypeError where `name` is undefined, for an option that the
 * platform does not have. TypeError ERR_INVALID_ARG_VALUE for an option whose value holds an address (SO_ATTACH_FILTER,
 * SO_ATTACH_REUSEPORT_CBPF, for which there is `steerByCpu()`, XDP_UMEM_REG ...), or is longer than 4 bytes and could
 * hold one
 */
export function setsockopt(fd: number, level: number, name: number, value: number | Uint8Array): void {
  checkOption(fd, level, name);
  if (typeof value === 'number') checkInteger(value, 'value', -INT32_LIMIT, INT32_LIMIT - 1);
  else checkBytes(value, 'value');
  const bytes = typeof value === 'number' ? new Uint8Array(Int32Array.of(value).buffer) : value;
  const result = native.socket.setsockopt(fd, level, name, bytes);
  if (result < 0) optionFailed('setsockopt', result, fd, level, name);
}

/** Level and option as `constants` has them, such as 'IPPROTO_TCP TCP_NODELAY'; a number where it has no name. */
export function optionText(level: number, name: number): string {
  for (const [levelName, prefix] of PREFIXES) {
    if (numbers[levelName] === level) return `${levelName} ${optionName(prefix, name) ?? name}`;
  }
  return `level ${level} option ${name}`;
}

function optionName(prefix: string, name: number): string | undefined {
  return Object.keys(numbers).find((key) => key.startsWith(prefix) && numbers[key] === name);
}

function checkOption(fd: unknown, level: unknown, name: unknown): void {
  checkFd(fd);
  checkInteger(level, 'level', -INT32_LIMIT, INT32_LIMIT - 1);
  checkInteger(name, 'name', -INT32_LIMIT, INT32_LIMIT - 1);
}

function optionFailed(syscall: string, result: number, fd: number, level: number, name: number): never {
  const option = optionText(level, name);
  if (result === BAD_ARGUMENT) throw holdsAddress(syscall, option);
  throw new SystemError(errorOf(result), syscall, { fd, option });
}
