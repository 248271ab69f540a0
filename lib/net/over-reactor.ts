// overReactor(): a server of node:http and its like, which listens with the reactor in place of libuv.
import type { Server } from 'node:net';
import { invalidType } from '../base/errors.js';
import { type ListeningServer, listen } from './listening.js';
import { net } from './modules.js';

/**
 * Makes a server of Node listen with the reactor: one of node:http, node:https, node:http2, node:tls or node:net. From
 * here on its `listen()` is that of `Server` here, and its connections are sockets of this module. All else of it is as
 * before: `close()`, `address()`, its time-outs, its events.
 *
 * @param server does not listen yet
 * @returns the server itself
 * @throws TypeError ERR_INVALID_ARG_TYPE for what is no server of Node; its `listen()` throws as that of `Server`
 */
export function overReactor<S extends Server>(server: S): S {
  if (!(server instanceof net.Server)) throw invalidType('server', 'a Server of node:net, node:http, ...', server);
  const listenHere = function (this: ListeningServer, ...args: unknown[]): unknown {
    listen(this, args);
    return this;
  };
  return Object.assign(server, { listen: listenHere });
}
