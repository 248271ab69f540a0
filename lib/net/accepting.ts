// What a server does with a connection that was accepted.
import type { BlockList } from 'node:net';
import type { Connection } from '../connection/connection.js';
import { type NetAddress, SocketHandle } from './handle.js';
import { channel } from './modules.js';
import { isBlocked, NONE_IS_ANY, tellKeepAlive } from './newer-node.js';
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
  blockList?: BlockList;
  emit(event: string, ...args: unknown[]): boolean;
}

const accepted = channel('net.server.socket');

export function accept(server: AcceptingServer, connection: Connection<SocketHandle>, isTcp: boolean): void {
  const handle = new SocketHandle(isTcp);
  handle.take(connection);
  if (isFull(server)) {
    drop(server, handle);
    return;
  }
  if (server.blockList && isBlocked(server.blockList, addressOf(handle))) {
    handle.abandon();
    return;
  }
  const socket = new SocketImpl(optionsOf(server), handle);
  socket._noDelay = server.noDelay;
  if (server.keepAlive) {
    socket._keepAlive = { isOn: true, seconds: server.keepAliveInitialDelay };
    tellKeepAlive(handle, socket._keepAlive);
  }
  server._connections++;
  socket.server = server;
  socket._server = server;
  socket._begin(server.pauseOnConnect);
  server.emit('connection', socket);
  if (accepted.hasSubscribers) accepted.publish({ socket });
}

/** Whether no other connection is taken. */
function isFull({ maxConnections, _connections }: AcceptingServer): boolean {
  if (maxConnections == null || (maxConnections === 0 && NONE_IS_ANY)) return false;
  return _connections >= maxConnections;
}

function addressOf(handle: SocketHandle): string | undefined {
  const remote: NetAddress = {};
  handle.getpeername(remote);
  return remote.address;
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
