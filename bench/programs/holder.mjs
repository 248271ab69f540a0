// @ts-check
// Holds connections in one process with one Reactor, and echoes what arrives. It picks a port, prints {"port":PORT},
// and then answers commands on stdin, one a line, with a line of JSON:
//   memory      connections, and user-space memory after full collections
//   idle-turn   nanoseconds of a turn that finds nothing (the median of several), while the peers are silent
//   metrics     the Reactor's own counters
// usage: node --expose-gc holder.mjs          The end of stdin ends it.
import { writeSync } from 'node:fs';
import { Acceptor, Interest, Reactor, SystemError, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { median } from '../harness/stats.mjs';
import { ownMemory } from './own-memory.mjs';

const TURNS = 200;
const SAMPLES = 21;
const LONGEST_MESSAGE = 4096;

const reactor = new Reactor();
const buffer = Buffer.allocUnsafeSlow(LONGEST_MESSAGE);
let connections = 0;
let lost = 0;

/** A connection has one short message on its way at most, and its socket's buffer always has room for that. */
function echo(/** @type {number} */ _ready, /** @type {import('fdreactor').Registration} */ connection) {
  try {
    const received = socket.recv(connection.fd, buffer);
    if (received === WOULD_BLOCK) return;
    if (received > 0 && socket.send(connection.fd, buffer, 0, received) === received) return;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
  lost++;
  connection.close();
}

/** Nanoseconds. */
function idleTurn() {
  return median(
    Array.from({ length: SAMPLES }, () => {
      const start = process.hrtime.bigint();
      for (let i = 0; i < TURNS; i++) reactor.poll(0);
      return Number(process.hrtime.bigint() - start) / TURNS;
    }),
  );
}

/** @type {Record<string, () => object>} */
const commands = {
  memory: () => ({ connections, lost, registered: reactor.size, memory: ownMemory() }),
  'idle-turn': () => ({ nanoseconds: idleTurn() }),
  metrics: () => reactor.metrics(),
};

/** @param {object} answer */
const say = (answer) => writeSync(1, `${JSON.stringify(answer)}\n`);

/** Commands wait for the end of the turn: some of them make turns of their own. @type {string[]} */
const asked = [];
let open = true;
const input = Buffer.allocUnsafeSlow(LONGEST_MESSAGE);
reactor.register(0, Interest.READABLE, () => {
  const length = socket.read(0, input);
  if (length === 0) open = false;
  else asked.push(...input.toString('utf8', 0, length).trim().split('\n'));
});

const listener = socket.listenTcp({ host: '127.0.0.1', port: 0, backlog: 65535 });
new Acceptor(reactor, listener, (fd) => {
  connections++;
  reactor.register(fd, Interest.READABLE, echo);
});
idleTurn(); // compiled before it counts
say({ port: /** @type {{ port: number }} */ (socket.getsockname(listener)).port });

while (open) {
  reactor.poll();
  for (const command of asked.splice(0)) say(commands[command]?.() ?? { error: `no such command: ${command}` });
}
process.exit(0);
