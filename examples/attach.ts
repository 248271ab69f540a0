// Connections beside Node's own server in one process: node attach.js [echo port] [http port] [host]
//
// What it shows: attach() lets Node's event loop drive the turns. The echo server below is the Reactor's, the HTTP
// server and its timer are Node's, and neither waits for the other. `run()` would not do here: it blocks Node's loop.
// What may change: anything.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Reactor } from 'fdreactor';
import { Listener } from 'fdreactor/connection';
import { announce, goOn, onStop } from './announce.js';

const [echoPort = '0', httpPort = '0', host = '127.0.0.1'] = process.argv.slice(2);

// The Reactor's half: an echo, as in echo-connection.ts.
const reactor = new Reactor({ onError: goOn });
const listener = new Listener(
  reactor,
  { host, port: Number(echoPort) },
  {
    data(connection, bytes) {
      if (!connection.write(bytes)) connection.pause();
    },
    drain(connection) {
      connection.resume();
    },
  },
);
reactor.attach();

// Node's half: a timer, and a server that tells how both are getting on.
let ticks = 0;
const timer = setInterval(() => ticks++, 100);
const server = createServer((_request, response) => {
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ ticks, accepted: listener.accepted, reactor: reactor.metrics() }));
});
server.listen(Number(httpPort), host, () => {
  const { address, family, port } = server.address() as AddressInfo;
  console.log(`http on ${family === 'IPv6' ? `[${address}]` : address}:${port}`);
  announce(listener);
});

/** Everything is given back, so Node's loop runs empty and the process ends by itself. */
onStop(reactor, () => {
  clearInterval(timer);
  server.close();
  server.closeAllConnections();
  listener.close({ graceMs: 1000 });
});
