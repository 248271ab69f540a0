// @ts-check
// Hello world over HTTP/1.1 on Connection, with the request parser and the responses of http-reactor.mjs. The order of
// pipelined requests, the rest that a peer does not take and the close are the library's. http-connection.mjs listens,
// and the threads of cores/pool.mjs.
import { HttpParseError } from '../../../examples/dist/file-server/http-parser.js';
import { makeResponse, renewHello, respond } from './hello-response.mjs';
import { SharedParser } from './shared-parser.mjs';

/** @typedef {import('fdreactor/connection').Connection<Exchange>} Connection */

/** The state of one connection. */
export class Exchange {
  /**
   * Of a request that has come in part.
   * @type {import('../../../examples/dist/file-server/http-parser.js').HttpParser | null}
   */
  parser = null;
  /** Whether the connection ends when everything has been sent. */
  last = false;
}

/** The responses to one chunk: almost always one. @type {Buffer[]} */
const responses = [];

/** @type {SharedParser<Exchange>} */
const parser = new SharedParser((request, exchange) => {
  responses.push(respond(request));
  exchange.last = !request.keepAlive;
});

/** @param {Connection} connection @param {Buffer} bytes */
function answer(connection, bytes) {
  const exchange = connection.data;
  if (exchange.last) return;
  responses.length = 0;
  try {
    parser.execute(exchange, bytes, bytes.length);
  } catch (error) {
    if (!(error instanceof HttpParseError)) throw error;
    responses.push(makeResponse(`${error.status} Bad Request`, { keepAlive: false }));
    exchange.last = true;
  }
  if (responses.length === 0) return;
  const hasRoom = connection.write(responses.length === 1 ? responses[0] : Buffer.concat(responses));
  if (exchange.last) connection.end();
  else if (!hasRoom) connection.pause();
}

/** What each connection does. @type {import('fdreactor/connection').ConnectionHandlers<Exchange>} */
export const handlers = {
  open(connection) {
    connection.data = new Exchange();
  },
  data: answer,
  drain: (connection) => connection.resume(),
  close: (connection) => connection.data.parser?.close(),
  error() {}, // the peer is gone, and `close` follows
};

/** Keeps the Date of the responses right. @param {import('fdreactor').Reactor} reactor */
export function renewDates(reactor) {
  reactor.setTimer(renewHello(), () => renewDates(reactor));
}
