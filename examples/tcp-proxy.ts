// TCP proxy: node tcp-proxy.js <target host> <target port> [port] [host]
//
// What it shows: two calls of pipeTo(), one for each direction, make a proxy. On Linux the bytes go from socket to
// socket inside the kernel. A side that does not read stops the other, half-close is carried through both ways, and a
// connection that was reset on one side is reset on the other, so that a cut stream never looks like one that ended.
// What may change: anything.
import { Reactor, SystemError } from 'fdreactor';
import { type Connection, connect, Listener } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { announce, goOn, stopOnSignals } from './announce.js';

const CONNECT_TIMEOUT_MS = 5000;

const [targetHost, targetPort, port = '0', host = '127.0.0.1'] = process.argv.slice(2);
if (targetHost === undefined || targetPort === undefined) {
  console.error('usage: node tcp-proxy.js <target host> <target port> [port] [host]');
  process.exit(2);
}
const target = { host: targetHost, port: Number(targetPort) };
const reactor = new Reactor({ onError: goOn });

/** Until the server has taken the connection, no more than a chunk is read from the client. */
function open(client: Connection): void {
  let server: Connection;
  try {
    server = connect(reactor, target, { open: inTime, error: complain, close: inTime });
  } catch (error) {
    client.reset();
    complain(client, error);
    return;
  }
  const timer = reactor.setTimer(CONNECT_TIMEOUT_MS, () => server.reset());
  client.pipeTo(server);
  server.pipeTo(client); // a server that is closed before it has ended resets the client

  function inTime(): void {
    timer.cancel();
  }
}

/** Where there is no server, or no fd left: this client is refused, the others go on. */
function complain(_: Connection, error: unknown): void {
  if (!(error instanceof SystemError)) throw error;
  if (error.syscall === 'connect' || error.syscall === 'socket') console.error(error.message);
}

const fd = socket.listenTcp({ host, port: Number(port), backlog: 4096 });
const listener = new Listener(reactor, { fd }, { open });

stopOnSignals(reactor);
announce(fd);
reactor.run();
listener.close();
reactor.close();
