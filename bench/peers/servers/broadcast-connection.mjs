// @ts-check
// A message of 100 bytes goes to all connections, its sender included. A connection whose queue is full gets no further
// message until there is room. `?` asks what the server holds (c/shared/broadcast.h).
// usage: node --expose-gc broadcast-connection.mjs          It picks a port and prints `listening on 127.0.0.1:PORT`.
import { Reactor } from 'fdreactor';
import { FixedFramer, Listener } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';

/** @typedef {import('fdreactor/connection').Connection<Member>} Connection */

const MESSAGE_BYTES = 100;
const ASK = '?'.charCodeAt(0);
const QUEUE_MOST_BYTES = 65536;
const SEND_BUFFER_BYTES = 16384;

/** The state of one connection. */
class Member {
  isFull = false;
  framer = new FixedFramer(MESSAGE_BYTES);
}

/** @type {Set<Connection>} */
const members = new Set();

/** @param {Buffer} message */
function broadcast(message) {
  for (const member of members) if (!member.data.isFull) send(member, message);
}

/** @param {Connection} member @param {Buffer} message */
function send(member, message) {
  member.write(message);
  member.data.isFull = member.queued + MESSAGE_BYTES > QUEUE_MOST_BYTES;
}

/** @param {Connection} connection */
function answer(connection) {
  global.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  const full = [...members].filter(({ data }) => data.isFull).length;
  const most = Math.max(...[...members].map(({ queued }) => queued));
  connection.write(`? ${members.size} ${full} ${most} ${heapUsed + external}`.padEnd(MESSAGE_BYTES));
}

const fd = socket.listenTcp({ host: '127.0.0.1', port: 0, backlog: 4096 });
socket.setsockopt(fd, socket.constants.SOL_SOCKET, socket.constants.SO_SNDBUF, SEND_BUFFER_BYTES);
const reactor = new Reactor();
const listener = new Listener(
  reactor,
  { fd, highWaterMark: QUEUE_MOST_BYTES - MESSAGE_BYTES },
  {
    /** @param {Connection} connection */
    open(connection) {
      connection.data = new Member();
      members.add(connection);
    },
    data(connection, bytes) {
      connection.data.framer.push(bytes, (message) => {
        if (message[0] === ASK) answer(connection);
        else broadcast(message);
      });
    },
    drain(connection) {
      connection.data.isFull = false;
    },
    close: (connection) => members.delete(connection),
    error() {}, // the peer is gone, and `close` follows
  },
);
const { port } = /** @type {{ port: number }} */ (listener.address);
console.log(`listening on 127.0.0.1:${port}`);
reactor.run();
