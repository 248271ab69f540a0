// The Reactor beside Node's own server in one process: node attach.js [echo port] [http port] [host]
//
// What it shows: attach() lets Node's event loop drive the turns. The echo server below is the Reactor's, the HTTP server
// and its timer are Node's, and neither waits for the other. `run()` would not do here: it blocks Node's loop.
// What may change: anything.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Acceptor, Interest, Reactor, type Registration, SystemError, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { announce } from './announce.js';

const [echoPort = '0', httpPort = '0', host = '127.0.0.1'] = process.argv.slice(2);

// The Reactor's half: an echo of what fits; examples/echo keeps what send() did not take.
const reactor = new Reactor();
const buffer = Buffer.allocUnsafeSlow(64 * 1024);

function echo(_ready: number, connection: Registration<null>): void {
  try {
    const received = socket.recv(connection.fd, buffer);
    if (received === WOULD_BLOCK) return;
    if (received === 0 || socket.send(connection.fd, buffer, 0, received) < received) connection.close();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    connection.close();
  }
}

const listener = socket.listenTcp({ host, port: Number(echoPort) });
const acceptor = new Acceptor(reactor, listener, (fd) => {
  reactor.register<null>(fd, Interest.READABLE, echo, { data: null });
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
