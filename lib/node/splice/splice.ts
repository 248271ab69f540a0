// splice(): two sockets of Node become one connection, inside the kernel (splice(2)).
import type { Socket } from 'node:net';
import { checkSignal } from '../../base/abort.js';
import { checkBoolean, checkObject, checkTimeout, NO_OPTIONS } from '../../base/arguments.js';
import { aborted, UnsupportedError } from '../../base/errors.js';
import { ownedByNode } from '../ownership.js';
import { CopyWay } from './copy-way.js';
import { checkSockets, checkUnwatched, whyNotSpliced } from './sockets.js';
import { SpliceWay } from './splice-way.js';
import { Tunnel } from './tunnel.js';
import { TunnelSide } from './tunnel-side.js';

/** Options of `splice()` of fdreactor/node. */
export interface NodeSpliceOptions {
  /** Ends it: both sockets are destroyed. */
  signal?: AbortSignal;
  /** For how long no byte may come or go, in milliseconds, in both directions together; no limit by default. */
  timeoutMs?: number;
  /** Where splice(2) cannot be used, reads each socket and writes the other; false by default: UnsupportedError. */
  fallback?: boolean;
}

/** What `splice()` has delivered. */
export interface SplicedSockets {
  /** How many bytes of `a` were given to `b`, those that Node had read before included. */
  readonly aToB: number;
  /** How many bytes of `b` were given to `a`, likewise. */
  readonly bToA: number;
  /** Which way: inside the kernel, or copied through this process (`fallback`). */
  readonly via: 'splice' | 'copy';
}

/**
 * Joins two sockets of node:net: what comes from each goes to the other, both ways at once, inside the kernel
 * (splice(2), Linux). For a CONNECT proxy, an upgrade to WebSocket, a proxy of a database. It begins within the call,
 * and lasts until both have ended.
 *
 * What was written to a socket before goes out first (a `sendFile()` as well; a corked socket waits for `uncork()`).
 * Then comes what Node had read of the other one and not delivered, with what was put back by `unshift()`. Then what
 * comes from there. No byte is lost or comes twice.
 *
 * After 'connect' and 'upgrade' of node:http, in a server or a client, the socket is yours to splice. Put the `head` of
 * the event back first: `if (head.length > 0) socket.unshift(head)`.
 *
 * The end of one is the end of the other's writing side, and the direction back goes on (half-close), whatever
 * `allowHalfOpen` was. When both have ended, both are destroyed. Each emits 'end', 'finish' and 'close'. Time-outs of
 * `setTimeout()` see progress in either direction; `bytesRead` and `bytesWritten` count what passes.
 *
 * Meanwhile the sockets are the call's:
 *
 * - `write()`, `end()` and `destroySoon()` throw ERR_INVALID_STATE.
 * - Listeners of 'data' and 'readable' are removed; those that are added get nothing.
 * - `pause()`, `resume()` and `cork()` do nothing.
 * - `destroy()` of one ends both, at any time.
 *
 * However it fails, both are destroyed with the error. They emit 'error' for those who listen, and 'close'; then the
 * promise is settled. Where the process has no fd left for a pipe (EMFILE), it waits and tries again. It keeps the
 * process alive as long as it lasts.
 *
 * @param a connected, and not read by node:http, a pipe or a TLS socket
 * @param b another one
 * @returns how many bytes went each way, when both sockets are closed
 * @throws (as a rejection) with nothing changed: TypeError and RangeError for wrong arguments, and for the same socket
 * twice; ERR_INVALID_STATE for a socket that is connecting, closed, ended, has an encoding (`setEncoding()`), is in a
 * pipe or in another splice(), is read by node:http or by a TLS socket, or whose fd a reactor of this thread watches;
 * UnsupportedError without `fallback` for TLS sockets, and where there is no splice(2); AbortError; SystemError of the
 * first `sharedReactor()`. Later: SystemError ECONNRESET, EPIPE, ETIMEDOUT ... of a peer; ECONNABORTED where this side
 * destroyed a socket, with its reason as `cause`; Error ETIMEDOUT of `timeoutMs`; AbortError
 */
export async function splice(a: Socket, b: Socket, options: NodeSpliceOptions = NO_OPTIONS): Promise<SplicedSockets> {
  checkObject(options, 'options');
  const { signal, timeoutMs, fallback = false } = options;
  checkSignal(signal);
  const limitMs = checkTimeout(timeoutMs, 'options.timeoutMs');
  checkBoolean(fallback, 'options.fallback');
  checkSockets(a, b);
  const reason = whyNotSpliced(a) ?? whyNotSpliced(b);
  if (reason !== undefined && !fallback) throw new UnsupportedError('splice()', reason);
  checkUnwatched(a, 'a');
  checkUnwatched(b, 'b');
  if (signal?.aborted === true) throw aborted(signal.reason);
  const copies = reason !== undefined;
  const [aToB, bToA] = await run([new TunnelSide(a), new TunnelSide(b)], { signal, timeoutMs: limitMs }, copies);
  return { aToB, bToA, via: copies ? 'copy' : 'splice' };
}

function run(
  sides: readonly [TunnelSide, TunnelSide],
  limits: { signal: AbortSignal | undefined; timeoutMs: number },
  copies: boolean,
): Promise<[number, number]> {
  return new Promise((resolve, reject) => {
    const tunnel = new Tunnel(sides, limits, (error) => {
      if (error === null) resolve([way.lanes[0].bytes, way.lanes[1].bytes]);
      else reject(error);
    });
    const way = copies ? new CopyWay(tunnel) : new SpliceWay(tunnel);
    if (!copies) for (const { fd, socket } of sides) ownedByNode(fd, socket);
    tunnel.run(way);
  });
}
