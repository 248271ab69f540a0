// @ts-check
// Hello world over HTTP/1.1 on node:net, with the request parser of the examples and the response of the Reactor's
// server: what differs is who talks to the kernel.
// usage: node http-net.mjs          It picks a port and prints `listening on 127.0.0.1:PORT`.
import net from 'node:net';
import { HttpParseError } from '../../../examples/dist/file-server/http-parser.js';
import { makeResponse, renewHello, respond } from './hello-response.mjs';
import { SharedParser } from './shared-parser.mjs';

/** The state of one connection. */
class Exchange {
  /**
   * Of a request that has come in part.
   * @type {import('../../../examples/dist/file-server/http-parser.js').HttpParser | null}
   */
  parser = null;
  last = false;

  /** @param {net.Socket} socket */
  constructor(socket) {
    this.socket = socket;
  }
}

/** @type {SharedParser<Exchange>} */
const parser = new SharedParser((request, exchange) => {
  exchange.socket.write(respond(request));
  exchange.last = !request.keepAlive;
});

/** @param {Exchange} exchange @param {Buffer} bytes */
function receive(exchange, bytes) {
  const { socket } = exchange;
  if (exchange.last) return;
  try {
    socket.cork();
    parser.execute(exchange, bytes, bytes.length);
  } catch (error) {
    if (!(error instanceof HttpParseError)) throw error;
    socket.write(makeResponse(`${error.status} Bad Request`, { keepAlive: false }));
    exchange.last = true;
  } finally {
    socket.uncork();
  }
  if (exchange.last) socket.end();
}

/** @param {net.Socket} socket */
function serve(socket) {
  const exchange = new Exchange(socket);
  socket.on('data', (bytes) => receive(exchange, /** @type {Buffer} */ (bytes)));
  socket.on('error', () => socket.destroy()); // the peer has reset it
  socket.on('close', () => exchange.parser?.close());
}

function renew() {
  setTimeout(renew, renewHello());
}
renew();
const server = net.createServer({ noDelay: true }, serve);
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  console.log(`listening on 127.0.0.1:${port}`);
});
