// The handlers of the model's connections. Each finds its end in `connection.data`, or, of one that was accepted just
// now, by the port of its peer.

/** @typedef {import('fdreactor/connection').Connection<import('./near-end.mjs').NearEnd | undefined>} Connection */

/** @param {import('./world.mjs').World} world */
export function makeHandlers(world) {
  return [true, false].flatMap((hasEnd) => [true, false].map((hasError) => kindOf(world, hasEnd, hasError)));
}

/** @param {import('./world.mjs').World} world @param {Connection} connection */
function endOf(world, connection) {
  if (connection.data !== undefined) return connection.data;
  const { port } = /** @type {{ port: number }} */ (connection.remoteAddress);
  const end = world.awaited.get(port);
  world.check(end !== undefined, () => `a connection of port ${port}, which no end has`);
  world.awaited.delete(port);
  end.begin(connection);
  return end;
}

/** @param {import('./world.mjs').World} world @param {boolean} hasEnd @param {boolean} hasError */
function kindOf(world, hasEnd, hasError) {
  /** @type {import('fdreactor/connection').ConnectionHandlers<any>} */
  const handlers = {
    open: (connection) => endOf(world, connection).onOpen(),
    data: (connection, bytes) => connection.data.onData(bytes),
    drain: (connection) => connection.data.onDrain(),
    close: (connection, error) => connection.data.onClose(error),
  };
  if (hasEnd) handlers.end = (connection) => connection.data.onEnd();
  if (hasError) handlers.error = (connection, error) => connection.data.onError(error);
  if (hasError) handlers.timeout = (connection, reason) => connection.data.onTimeout(reason);
  return { hasEnd, hasError, handlers };
}
