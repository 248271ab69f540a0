// One port, many protocols: node one-port.js [port] [key and certificate.pem] [host]
//
// What it shows: the Reactor accepts, looks at the first byte without taking it (MSG_PEEK), and gives the connection to
// the server of Node that it is for: TLS to node:tls, HTTP to node:http, all else to a handler of bytes. From there on
// it is Node's own, at Node's own speed: toSocket(). What may change: what is looked at (a name in the first message of
// TLS, a PROXY header), and who gets what. What must hold: a connection that says nothing is closed after a while.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import { Acceptor, Interest, type Registration, SystemError, type Timer } from 'fdreactor';
import { sharedReactor, toSocket } from 'fdreactor/node';
import * as socket from 'fdreactor/socket';
import { announce, onStop } from './announce.js';

const SILENCE_MS = 10_000;
const TLS_HANDSHAKE = 0x16;
const CAPITALS = /^[A-Z]/;

const [port = '0', pem = '', host = '127.0.0.1'] = process.argv.slice(2);
const certificate = pem === '' ? {} : { key: readFileSync(pem), cert: readFileSync(pem) };
/** Those that have not said anything yet, and those that Node has. */
const silent = new Set<Registration<Timer>>();
const open = new Set<net.Socket>();

// Three servers of Node. None of them listens.
const web = http.createServer((request, response) => response.end(`http: ${request.url}\n`));
const secure = tls.createServer(certificate, (connection) => {
  connection.on('error', () => {}); // ECONNRESET: no peer is left to answer
  connection.end(`tls: ${connection.servername || 'no name'}\n`);
});
const raw = net.createServer({ allowHalfOpen: true }, (connection) => connection.pipe(connection));

const reactor = sharedReactor();
const first = Buffer.alloc(1);

function route(byte: number): net.Server {
  if (byte === TLS_HANDSHAKE) return secure;
  return CAPITALS.test(String.fromCharCode(byte)) ? web : raw;
}

/** The connection's first byte is there, or its end. */
function onReady(_ready: number, waiting: Registration<Timer>): void {
  try {
    const count = socket.recv(waiting.fd, first, 0, 1, socket.constants.MSG_PEEK);
    if (count > 0) handOver(waiting, route(first[0] as number));
    else if (count === 0) forget(waiting); // it has ended
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    forget(waiting); // ECONNRESET
  }
}

function forget(waiting: Registration<Timer>): void {
  silent.delete(waiting);
  waiting.data.cancel();
  waiting.close();
}

function handOver(waiting: Registration<Timer>, server: net.Server): void {
  silent.delete(waiting);
  waiting.data.cancel();
  waiting.deregister(); // one loop at a time
  const connection = toSocket(waiting.fd, { noDelay: true, allowHalfOpen: server === raw });
  open.add(connection);
  connection.on('error', () => {});
  connection.on('close', () => open.delete(connection));
  server.emit('connection', connection);
}

const listener = socket.listenTcp({ host, port: Number(port), backlog: 1024 });
const acceptor = new Acceptor(reactor, listener, (fd) => {
  const silence = reactor.setTimer(SILENCE_MS, () => forget(waiting));
  const waiting = reactor.register<Timer>(fd, Interest.READABLE, onReady, { data: silence });
  silent.add(waiting);
});
announce(listener);

onStop(reactor, () => {
  acceptor.close();
  for (const waiting of silent) forget(waiting);
  for (const connection of open) connection.destroy();
});
