// TCP echo on a bare Reactor: node echo.js [port] [host]
//
// What it shows: the lowest layer, of which echo-connection.ts spares you all but two handlers. A server of a million
// connections needs one handler and one buffer. send() may take only a part: the rest is kept, and nothing more is read
// until the peer has taken it, so a peer that never reads costs one buffer and no more. What may change: anything. What
// must hold: every byte is echoed before the connection is closed.
import { Acceptor, Interest, Reactor, type Registration, SystemError, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { announce, goOn, stopOnSignals } from './announce.js';

/** Its `data` is what send() has not taken yet. It waits either to read (then that is null) or to write. */
type Connection = Registration<Uint8Array | null>;

const [port = '0', host = '127.0.0.1'] = process.argv.slice(2);
const reactor = new Reactor({ onError: goOn });
const buffer = Buffer.allocUnsafeSlow(64 * 1024); // one for all: what was read is sent or copied before the next read

function onReady(_ready: number, connection: Connection): void {
  try {
    if (connection.data === null) echo(connection);
    else writeRest(connection, connection.data);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    connection.close(); // ECONNRESET, EPIPE, ETIMEDOUT: no peer is left to answer
  }
}

function echo(connection: Connection): void {
  const received = socket.recv(connection.fd, buffer);
  if (received === WOULD_BLOCK) return;
  if (received === 0) {
    connection.close(); // the peer's FIN; nothing is pending, or we would not have read
    return;
  }
  const sent = Math.max(0, socket.send(connection.fd, buffer, 0, received)); // WOULD_BLOCK took nothing
  if (sent === received) return;
  connection.data = Uint8Array.prototype.slice.call(buffer, sent, received); // a copy
  connection.modify(Interest.WRITABLE);
}

function writeRest(connection: Connection, rest: Uint8Array): void {
  const sent = Math.max(0, socket.send(connection.fd, rest));
  if (sent < rest.length) {
    connection.data = rest.subarray(sent);
    return;
  }
  connection.data = null;
  connection.modify(Interest.READABLE);
}

// The Acceptor pauses the listener when the process has no fd left, and goes on when it has.
const listener = socket.listenTcp({ host, port: Number(port), backlog: 4096 });
const acceptor = new Acceptor(reactor, listener, (fd) => {
  reactor.register<Uint8Array | null>(fd, Interest.READABLE, onReady, { data: null });
});

stopOnSignals(reactor);
announce(listener);
reactor.run();
acceptor.close();
reactor.close();
