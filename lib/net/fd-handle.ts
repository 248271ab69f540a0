// The option `fd` of a socket: a connection, or the end of a pipe, that is open already.
import { kindOfFd } from '../node/fd-kind.js';
import { getsockname } from '../socket/calls.js';
import { invalidFdType } from './errors.js';
import { connectionKind, type HandleOwner, SocketHandle } from './handle.js';
import { validateInt32 } from './validate.js';

/** @throws ERR_INVALID_FD_TYPE for what is no stream */
export function fdHandle(fd: unknown, owner: HandleOwner): SocketHandle {
  validateInt32(fd, 'fd', 0);
  const handle = new SocketHandle(isTcp(fd), owner);
  handle.adopt(fd, connectionKind(), false);
  return handle;
}

function isTcp(fd: number): boolean {
  const kind = kindOf(fd);
  if (kind === null || kind.isTerminal || kind.hasRecords) throw invalidFdType(kind?.isTerminal ? 'TTY' : 'UNKNOWN');
  return kind.isSocket && 'port' in getsockname(fd);
}

function kindOf(fd: number): ReturnType<typeof kindOfFd> | null {
  try {
    return kindOfFd(fd);
  } catch {
    return null; // a file, a socket of datagrams, or nothing: ERR_INVALID_FD_TYPE tells it
  }
}
