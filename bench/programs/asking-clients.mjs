// @ts-check
// Holds connections to a server whose answer to a byte is the number of a worker. bench/processes.mjs forks it. It
// sends {"open":COUNT} when all are open. At the message 'ask' it sends a byte on each connection. When all have an
// answer it sends how many each worker gave: {"answers":{"0":COUNT,...},"failed":COUNT}. It ends when its parent
// disconnects.
// usage: asking-clients.mjs <port> <count> <first>          first: the number of its first source address
import { Reactor } from 'fdreactor';
import { connect } from 'fdreactor/connection';

const [port, count, first] = process.argv.slice(2).map(Number);
/** Connections from one source address: well below the number of ephemeral ports. */
const A_SOURCE = 10_000;
const CONNECTING = 200;

const reactor = new Reactor();
reactor.attach();
/** @type {import('fdreactor/connection').Connection[]} */
const connections = [];
/** @type {Record<string, number>} */
const answers = {};
let started = 0;
let open = 0;
let answered = 0;
let failed = 0;

/** @param {object} message */
const say = (message) => process.send?.(message);

function check() {
  if (answered + failed === count) say({ answers, failed });
}

/** @type {import('fdreactor/connection').ConnectionHandlers} */
const handlers = {
  open() {
    connectOne();
    if (++open === count) say({ open });
  },
  data(_connection, bytes) {
    const worker = String.fromCharCode(bytes[0]);
    answers[worker] = (answers[worker] ?? 0) + 1;
    answered++;
    check();
  },
  close() {
    failed++;
    check();
  },
};

function connectOne() {
  if (started === count) return;
  const localAddress = `127.0.0.${first + Math.floor(started++ / A_SOURCE)}`;
  connections.push(connect(reactor, { host: '127.0.0.1', port, localAddress }, handlers));
}

process.on('message', () => {
  for (const connection of connections) if (!connection.closed) connection.write('?');
  check();
});
process.on('disconnect', () => process.exit(0));
for (let i = 0; i < CONNECTING; i++) connectOne();
