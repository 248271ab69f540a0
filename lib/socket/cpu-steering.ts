// Which socket of a group of SO_REUSEPORT gets a connection or a datagram: the one for the processor that it arrives
// on. Exported as fdreactor/socket. The program is native (native/sys/linux/cpu_steering_linux.cc); JavaScript gives a
// number alone.
import { checkFd, checkInteger, fail, failFd } from '../base/arguments.js';
import { UnsupportedError } from '../base/errors.js';
import { native } from '../native/table.js';

const { SOL_SOCKET, SO_DETACH_REUSEPORT_BPF } = native.constants.socket;
const { setsockopt, steerByCpu: steer } = native.socket;
/** The kernel counts the sockets of a group in 16 bits. */
const MAX_SOCKETS = 65_535;
const OPTION = 'SOL_SOCKET SO_ATTACH_REUSEPORT_CBPF';
const NO_VALUE = new Uint8Array(4);

/**
 * Steers what arrives at a group of SO_REUSEPORT by processor (SO_ATTACH_REUSEPORT_CBPF; socket(7)): the socket with
 * the number `cpu % sockets` gets it, where `cpu` is the processor that the kernel handles it on. For TCP that is the
 * one whose queue of the network card gets the first packet, and the connection is the listener's for good. Linux 4.5
 * for UDP, 4.6 for TCP.
 *
 * The kernel numbers the sockets of TCP in the order of listen(2), those of UDP in the order of bind(2), from 0. When
 * one is closed, the last of the group gets its number: call this again with one less. A number that no socket has
 * falls back to the hash that spreads connections without steering; nothing is refused or lost.
 *
 * @param fd any socket of the group; of TCP one that listens. One call is for all of the group, also those that join
 * later, and replaces what was there
 * @param sockets how many sockets the group has, 1 to 65,535
 * @throws SystemError EINVAL (a socket without SO_REUSEPORT), ENOPROTOOPT (an older kernel), ENOTSOCK, EBADF; TypeError
 * or RangeError for a wrong argument; UnsupportedError on other systems: `capabilities().cpuSteering` says
 */
export function steerByCpu(fd: number, sockets: number): void {
  if (steer === undefined) throw new UnsupportedError('SO_ATTACH_REUSEPORT_CBPF');
  const result = steer(fd, sockets);
  if (result >= 0) return;
  fail(result, 'setsockopt', { fd, option: OPTION }, () => {
    checkFd(fd);
    checkInteger(sockets, 'sockets', 1, MAX_SOCKETS);
  });
}

/**
 * Ends `steerByCpu()` for the group (SO_DETACH_REUSEPORT_BPF; socket(7)): the hash spreads what arrives again. Linux
 * 5.3.
 *
 * @param fd any socket of the group
 * @throws SystemError ENOENT (the group is not steered), EINVAL (a socket without SO_REUSEPORT), ENOPROTOOPT (an older
 * kernel), ENOTSOCK, EBADF; TypeError or RangeError for a wrong argument; UnsupportedError on other systems
 */
export function stopSteering(fd: number): void {
  if (steer === undefined) throw new UnsupportedError('SO_DETACH_REUSEPORT_BPF');
  const result = setsockopt(fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF as number, NO_VALUE);
  if (result < 0) failFd(result, 'setsockopt', fd);
}
