// Who uses the fd of a socket of Node beside libuv lets go of it before libuv closes it: the number may be another
// file's the moment after. `_destroy` is what node:stream calls of a stream (its documented way to implement one); such
// a socket gets its own, in front of the one that it had.
import type { Socket } from 'node:net';

/** @param error what the socket is destroyed with */
type Stop = (error: Error | null) => void;

const stopsOf = new WeakMap<Socket, Set<Stop>>();

/** Calls `stop` when the socket is destroyed, until the function that this returns is called. */
export function beforeDestroy(socket: Socket, stop: Stop): () => void {
  let stops = stopsOf.get(socket);
  if (stops === undefined) {
    stops = new Set();
    stopsOf.set(socket, stops);
    putInFront(socket, stops);
  }
  stops.add(stop);
  return () => {
    stops.delete(stop);
  };
}

function putInFront(socket: Socket, stops: Set<Stop>): void {
  const destroy = socket._destroy;
  socket._destroy = (error, callback) => {
    for (const stop of [...stops]) stop(error);
    destroy.call(socket, error, callback);
  };
}
