// The Reactor beside Node's own server in one process: node attach.js [echo port] [http port] [host]
//
// What it shows: attach() lets Node's event loop drive the turns. The echo server below is the Reactor's, the HTTP
// server and its timer are Node's, and neither waits for the other. `run()` would not do here: it blocks Node's loop.
// What may change: anything.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Acceptor, Interest, Reactor, type Registration, SystemError } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { announce } from './announce.js';

const [echoPort = '0', httpPort = '0', host = '127.0.0.1'] = process.argv.slice(2);

// The Reactor's half: an echo. The `data` of a connection is what send() has not taken yet.
const buffer = new Uint8Array(64 * 1024);
const nothing = buffer.subarray(0, 0);
const listener = socket.listenTcp({ host, port: Number(echoPort) });
const reactor = new Reactor({
  onError(error, registration) {
    if (!(error instanceof SystemError)) throw error; // a bug
    if (registration?.fd !== listener) registration?.close(); // ECONNRESET, EPIPE: this client is gone, the others go on
  },
});

function echo(_ready: number, connection: Registration<Uint8Array>): void {
  let rest = connection.data;
  if (rest.length === 0) {
    const received = socket.recv(connection.fd, buffer);
    if (received === 0) connection.close(); // the peer's FIN
    if (received <= 0) return; // or WOULD_BLOCK
    rest = buffer.subarray(0, received);
  }
  connection.data = rest.slice(Math.max(0, socket.send(connection.fd, rest))); // a copy
  const interest = connection.data.length === 0 ? Interest.READABLE : Interest.WRITABLE;
  if (connection.interest !== interest) connection.modify(interest);
}

const acceptor = new Acceptor(reactor, listener, (fd) => {
  reactor.register(fd, Interest.READABLE, echo, { data: nothing });
});
reactor.attach();

// Node's half: a timer, and a server that tells how both are getting on.
let ticks = 0;
const timer = setInterval(() => ticks++, 100);
const server = createServer((_request, response) => {
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ ticks, accepted: acceptor.accepted, reactor: reactor.metrics() }));
});
server.listen(Number(httpPort), host, () => {
  const { address, family, port } = server.address() as AddressInfo;
  console.log(`http on ${family === 'IPv6' ? `[${address}]` : address}:${port}`);
  announce(listener);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) reactor.onSignal(signal, stop);

/** Everything is given back, so Node's loop runs empty and the process ends by itself. */
function stop(): void {
  clearInterval(timer);
  server.close();
  server.closeAllConnections();
  acceptor.close();
  reactor.close();
}
