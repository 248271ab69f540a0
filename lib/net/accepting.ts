// What a server does with a connection that was accepted.
import type { Connection } from '../connection/connection.js';
import { type NetAddress, SocketHandle } from './handle.js';
import { channel } from './modules.js';
import { SocketImpl, type SocketOptions } from './socket.js';

/** The members of a server that its connections use; node:net's have them as well. */
export interface AcceptingServer {
  _connections: number;
  maxConnections?: number;
  allowHalfOpen: boolean;
  pauseOnConnect: boolean;
  noDelay: boolean;
  keepAlive: boolean;
  keepAliveInitialDelay: number;
  highWaterMark?: number;
  emit(event: string, ...args: unknown[]): boolean;
}

const accepted = channel('net.server.socket');

export function accept(server: AcceptingServer, connection: Connection<SocketHandle>, isTcp: boolean): void {
  const handle = new SocketHandle(isTcp);
  handle.take(connection);
  if (server.maxConnections && server._connections >= server.maxConnections) {
    drop(server, handle);
    return;
  }
  const socket = new SocketImpl(optionsOf(server), handle);
  socket._noDelay = server.noDelay;
  if (server.keepAlive) {
    socket._keepAlive = true;
    socket._keepAliveSeconds = server.keepAliveInitialDelay;
    handle.setKeepAlive(true, server.keepAliveInitialDelay);
  }
  server._connections++;
  socket.server = server;
  socket._server = server;
  socket._begin(server.pauseOnConnect);
  server.emit('connection', socket);
  if (accepted.hasSubscribers) accepted.publish({ socket });
}

/** Those of a stream. */
function optionsOf({ allowHalfOpen, highWaterMark }: AcceptingServer): SocketOptions {
  return {
    allowHalfOpen,
    emitClose: false,
    autoDestroy: true,
    decodeStrings: false,
    readableHighWaterMark: highWaterMark,
    writableHighWaterMark: highWaterMark,
  };
}

function drop(server: AcceptingServer, handle: SocketHandle): void {
  const local: NetAddress = {};
  const remote: NetAddress = {};
  handle.getsockname(local);
  handle.getpeername(remote);
  const data = {
    __proto__: null,
    localAddress: local.address,
    localPort: local.port,
    localFamily: local.family,
    remoteAddress: remote.address,
    remotePort: remote.port,
    remoteFamily: remote.family,
  };
  if (handle.isTcp) server.emit('drop', data);
  else server.emit('drop');
  handle.abandon();
}
