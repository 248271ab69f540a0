// overReactor(): a server of node:http and its like, which listens with the reactor instead of libuv.
import { invalidType } from '../base/errors.js';
import { type ListeningServer, listen } from './listening.js';
import { net } from './modules.js';

/** @internal */
export function overReactor<S extends import('node:net').Server>(server: S): S {
  if (!(server instanceof net.Server)) throw invalidType('server', 'a Server of node:net, node:http, ...', server);
  const listenHere = function (this: ListeningServer, ...args: unknown[]): unknown {
    listen(this, args);
    return this;
  };
  return Object.assign(server, { listen: listenHere });
}
