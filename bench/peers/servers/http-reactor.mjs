// @ts-check
// Hello world over HTTP/1.1 on the Reactor, with the request parser of the examples: every request is parsed in full,
// pipelined requests are answered in order, keep-alive follows the request, and the response has the fields and about
// the size of nginx's, with a Date that is right.
// usage: node http-reactor.mjs          It picks a port and prints `listening on 127.0.0.1:PORT`.
import { Acceptor, Interest, Reactor, SystemError, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { HttpParseError } from '../../../examples/dist/file-server/http-parser.js';
import { makeResponse, renewHello, respond } from './hello-response.mjs';
import { SharedParser } from './shared-parser.mjs';

/** @typedef {import('fdreactor').Registration<Exchange>} Connection */

const reactor = new Reactor();
const buffer = Buffer.allocUnsafeSlow(16 * 1024);

/** The responses to what one recv brought: almost always one. */
/** @type {Buffer[]} */
const responses = [];

/** The state of one connection. */
class Exchange {
  /**
   * Of a request that has come in part.
   * @type {import('../../../examples/dist/file-server/http-parser.js').HttpParser | null}
   */
  parser = null;
  /** What the peer has not taken yet; meanwhile nothing is read. @type {Buffer | null} */
  rest = null;
  /** Whether the connection ends when everything has been sent. */
  last = false;
}

/** @type {SharedParser<Exchange>} */
const parser = new SharedParser((request, exchange) => {
  responses.push(respond(request));
  exchange.last = !request.keepAlive;
});

/** @param {Connection} connection */
function receive(connection) {
  const received = socket.recv(connection.fd, buffer);
  if (received === WOULD_BLOCK) return;
  if (received === 0) {
    close(connection);
    return;
  }
  responses.length = 0;
  try {
    parser.execute(connection.data, buffer, received);
  } catch (error) {
    if (!(error instanceof HttpParseError)) throw error;
    responses.push(makeResponse(`${error.status} Bad Request`, { keepAlive: false }));
    connection.data.last = true;
  }
  if (responses.length === 1) send(connection, responses[0]);
  else if (responses.length > 1) send(connection, Buffer.concat(responses));
}

/** @param {Connection} connection @param {Buffer} bytes */
function send(connection, bytes) {
  const exchange = connection.data;
  const sent = socket.send(connection.fd, bytes);
  if (sent === bytes.length) {
    if (exchange.last) close(connection);
    else if (exchange.rest !== null) {
      exchange.rest = null;
      connection.modify(Interest.READABLE);
    }
    return;
  }
  if (exchange.rest === null) connection.modify(Interest.WRITABLE);
  exchange.rest = sent === WOULD_BLOCK ? bytes : bytes.subarray(sent);
}

/** @param {Connection} connection */
function close(connection) {
  connection.data.parser?.close();
  connection.close();
}

/** @param {number} _ready @param {Connection} connection */
function onReady(_ready, connection) {
  try {
    const { rest } = connection.data;
    if (rest === null) receive(connection);
    else send(connection, rest);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    close(connection); // the peer has reset it
  }
}

const listener = socket.listenTcp({ host: '127.0.0.1', port: 0, backlog: 4096 });
new Acceptor(reactor, listener, (fd) => {
  reactor.register(fd, Interest.READABLE, onReady, { data: new Exchange() });
});
const { port } = /** @type {{ port: number }} */ (socket.getsockname(listener));
console.log(`listening on 127.0.0.1:${port}`);
function renew() {
  reactor.setTimer(renewHello(), renew);
}
renew();
reactor.run();
