// recvmsg(2) and sendmsg(2). Exported as fdreactor/socket.
import { checkBytes, checkFd, checkMessageFlags, checkSize, fail } from '../base/arguments.js';
import { invalidValue, SystemError, WOULD_BLOCK } from '../base/errors.js';
import { native } from '../native/table.js';
import { addressDetails } from './address.js';
import { type Message, type MessageParts, partsOf, received } from './message.js';

const { recvmsg: recvmsgNative, recvmsgList, sendmsg: sendmsgNative, sendmsgList, layout } = native.message;
const { EMSGSIZE } = native.constants.error;
const NAME_BYTES = [layout.name * 4, (layout.name + layout.addressWords) * 4] as const;

/**
 * Receives a message: its bytes, who sent it, and control data (recvmsg(2)). The getters of `message` tell the rest.
 * The call never waits, and received fds are close-on-exec (MSG_DONTWAIT, MSG_CMSG_CLOEXEC).
 *
 * On Windows it is WSARecvMsg: for datagrams, with IP_PKTINFO, IPV6_PKTINFO, the hop limit and the type of service.
 *
 * @param message is filled, and can be used again and again. Fds of it that were not taken are closed first
 * @param flags MSG_PEEK, MSG_ERRQUEUE, MSG_TRUNC ... of `constants`; 0 by default
 * @returns how many bytes; 0 at the end of the stream (or for a datagram without data); or WOULD_BLOCK
 * @throws SystemError EMSGSIZE: control data was cut off (MSG_CTRUNC), because it brought more fds than
 * `message.maxFds`, or the process had no number left for them (EMFILE). The bytes are received all the same,
 * `message.bytes` of them; all fds of the message are closed. Others as recvfrom(); EOPNOTSUPP for a stream on Windows
 */
export function recvmsg(fd: number, message: Message, flags = 0): number {
  const { buffer, buffers, fields } = partsOf(message);
  const count =
    buffer === undefined ? recvmsgList(fd, buffers, flags, fields) : recvmsgNative(fd, buffer, flags, fields);
  if (count >= 0) {
    if (received(message, count)) return count;
    throw new SystemError(EMSGSIZE as number, 'recvmsg', { fd });
  }
  return count === WOULD_BLOCK ? count : messageFailed('recvmsg', count, fd, message, flags, undefined);
}

/**
 * Sends the buffers of a message as one, to its `name`, with the control data that its setters were given (sendmsg(2)).
 *
 * On Windows it is WSASendMsg, and of control data only the source can be sent.
 *
 * @param flags MSG_MORE ... of `constants`; 0 by default. MSG_NOSIGNAL is always set, MSG_ZEROCOPY is refused
 * @param length at most so many bytes of the buffers; all by default. So an answer of any length needs no new buffer
 * @returns how many bytes were taken, of a stream perhaps fewer; or WOULD_BLOCK, as for sendto(). On a stream the fds
 * go with the first byte: send the rest without them
 * @throws SystemError as sendto(); EPERM (credentials of another), EBADF (an fd of setFds(), as well), ETOOMANYREFS
 * (too many fds are under way), EINVAL, EOPNOTSUPP (control data that the system or the socket cannot send)
 */
export function sendmsg(fd: number, message: Message, flags = 0, length?: number): number {
  const parts = partsOf(message);
  const count = send(fd, parts, flags, length);
  return count >= WOULD_BLOCK ? count : messageFailed('sendmsg', count, fd, message, flags, length);
}

function send(fd: number, { buffer, buffers, fields }: MessageParts, flags: number, length?: number): number {
  if (length !== undefined) {
    return buffer === undefined
      ? sendmsgList(fd, buffers, flags, fields, length)
      : sendmsgNative(fd, buffer, flags, fields, length);
  }
  return buffer === undefined ? sendmsgList(fd, buffers, flags, fields) : sendmsgNative(fd, buffer, flags, fields);
}

function messageFailed(
  syscall: 'recvmsg' | 'sendmsg',
  result: number,
  fd: number,
  message: Message,
  flags: unknown,
  length: unknown,
): never {
  const { buffers, fields } = partsOf(message);
  const name = syscall === 'sendmsg' ? addressDetails(fields.subarray(...NAME_BYTES)) : {};
  return fail(result, syscall, { fd, ...name }, () => {
    checkFd(fd);
    checkMessageFlags(flags);
    for (const buffer of buffers) checkBytes(buffer, 'message.buffers');
    if (length !== undefined) checkSize(length, 'length');
    throw invalidValue('message', 'with a source that is an internet address', message);
  });
}
