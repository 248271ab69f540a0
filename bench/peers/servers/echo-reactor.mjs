// @ts-check
// The echo server on the Reactor, as a user who wants it fast would write it: one handler for all connections, one
// buffer, and the state of a connection in `registration.data` (what the peer has not taken yet; null almost always).
// usage: node echo-reactor.mjs run|attach          It picks a port and prints `listening on 127.0.0.1:PORT`.
import { Acceptor, Interest, Reactor, SystemError, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';

/** @typedef {import('fdreactor').Registration<Buffer | null>} Connection */

const reactor = new Reactor();
const buffer = Buffer.allocUnsafeSlow(65536);

/** @param {Connection} connection */
function echo(connection) {
  const received = socket.recv(connection.fd, buffer);
  if (received === WOULD_BLOCK) return;
  if (received === 0) {
    connection.close();
    return;
  }
  const sent = socket.send(connection.fd, buffer, 0, received);
  if (sent !== received) keepRest(connection, Buffer.from(buffer.subarray(sent === WOULD_BLOCK ? 0 : sent, received)));
}

/** Reading stops until the peer has taken the rest. @param {Connection} connection @param {Buffer} rest */
function keepRest(connection, rest) {
  connection.data = rest;
  connection.modify(Interest.WRITABLE);
}

/** @param {Connection} connection @param {Buffer} rest */
function sendRest(connection, rest) {
  const sent = socket.send(connection.fd, rest);
  if (sent === WOULD_BLOCK) return;
  if (sent < rest.length) {
    connection.data = rest.subarray(sent);
    return;
  }
  connection.data = null;
  connection.modify(Interest.READABLE);
}

/** @param {number} _ready @param {Connection} connection */
function onReady(_ready, connection) {
  try {
    if (connection.data === null) echo(connection);
    else sendRest(connection, connection.data);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    connection.close(); // the peer has reset it
  }
}

/** @type {{ data: Buffer | null }} */
const idle = { data: null };
const listener = socket.listenTcp({ host: '127.0.0.1', port: 0, backlog: 4096 });
new Acceptor(reactor, listener, (fd) => {
  reactor.register(fd, Interest.READABLE, onReady, idle);
});
const { port } = /** @type {{ port: number }} */ (socket.getsockname(listener));
console.log(`listening on 127.0.0.1:${port}`);

if (process.argv[2] === 'attach') reactor.attach();
else reactor.run();
