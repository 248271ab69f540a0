// @ts-check
// The echo server on Connection: what a user writes.
// usage: node echo-connection.mjs run|attach          It picks a port and prints `listening on 127.0.0.1:PORT`.
import { Reactor } from 'fdreactor';
import { Listener } from 'fdreactor/connection';

const reactor = new Reactor();
const listener = new Listener(
  reactor,
  { host: '127.0.0.1', port: 0, backlog: 4096 },
  {
    data(connection, bytes) {
      if (!connection.write(bytes)) connection.pause();
    },
    drain: (connection) => connection.resume(),
    error() {}, // the peer is gone, and `close` follows
  },
);
const { port } = /** @type {{ port: number }} */ (listener.address);
console.log(`listening on 127.0.0.1:${port}`);

if (process.argv[2] === 'attach') reactor.attach();
else reactor.run();
