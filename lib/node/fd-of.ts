// The fd of what node:net has.

import { invalidType } from '../base/errors.js';
import { checkRuntime, handleOf, noHandle } from './handle.js';
import { Server, Socket } from './modules.js';
import { ownedByNode } from './ownership.js';

/**
 * The fd of a socket or server of Node: of node:net, node:http, node:https and node:tls, and of what is built on them.
 * It stays Node's: `socket.close()` refuses it. Forget it when the socket emits 'close': its number is another file's
 * then. Options can be set on it, and `sharedReactor()` can watch it beside libuv. What the fd of a TLS socket carries
 * is encrypted.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE for anything else; ERR_INVALID_STATE for one that is not open yet, or closed;
 * UnsupportedError on Windows and where the runtime does not show fds
 */
export function fdOf(socketOrServer: import('node:net').Socket | import('node:net').Server): number {
  checkRuntime('fdOf()');
  if (!(socketOrServer instanceof Socket) && !(socketOrServer instanceof Server)) {
    throw invalidType('socketOrServer', 'a net.Socket or a net.Server', socketOrServer);
  }
  const handle = handleOf(socketOrServer);
  if (handle === undefined) throw noHandle(socketOrServer, 'fdOf()');
  ownedByNode(handle.fd, socketOrServer);
  return handle.fd;
}
