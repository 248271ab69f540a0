// Hashing beside the loop: node hash-server.js [--on-the-loop] [port] [host]
//
//   printf 'hash secret\nhello\n' | nc -q 5 127.0.0.1 PORT
//
// What it shows: work that takes the CPU for long. `hash TEXT` is answered with a scrypt hash, and how many other lines
// were answered while it was made; any other line comes back at once. The hashes are made in the threads of piscina
// (hash-server/hashes.ts), and the loop goes on. With --on-the-loop it makes them itself: every connection waits, and
// the number is always 0. More hashes than HASHES_AT_A_TIME are refused, since a queue of them has no end under load.
// What may change: anything. What must hold: no handler computes for long.
import { scryptSync } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Reactor } from 'fdreactor';
import { type Chunk, type Connection, DelimiterFramer, Listener } from 'fdreactor/connection';
import { announce, goOn, onStop } from './announce.js';
import { Hashes } from './hash-server/hashes.js';
import { COST } from './hash-server/worker.js';

const THREADS = 2;
const HASHES_AT_A_TIME = 64;
const MAX_LINE_BYTES = 1000;

interface State {
  readonly lines: DelimiterFramer;
  /** Hashes that are made for it. */
  awaited: number;
  /** It ends when it has its hashes: the client has said all, or the server stops. */
  isLeaving: boolean;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'on-the-loop': { type: 'boolean', default: false } },
});
const [port = '0', host = '127.0.0.1'] = positionals;
const reactor = new Reactor({ onError: goOn });
const hashes = values['on-the-loop'] ? null : new Hashes(reactor, THREADS, HASHES_AT_A_TIME);
let answered = 0;

/** Ends the connection, when it has its hashes. */
function endWhenAnswered(connection: Connection<State>): void {
  connection.data.isLeaving = true;
  if (connection.data.awaited === 0) connection.end();
}

/** Answers when the hash is there. */
function answerHash(connection: Connection<State>, text: string): void {
  const state = connection.data;
  const before = answered;
  const answer = (hash: string): void => {
    state.awaited--;
    if (connection.closed) return;
    connection.write(`${hash}, ${answered - before} other lines meanwhile\n`);
    if (state.isLeaving) endWhenAnswered(connection);
  };
  state.awaited++;
  if (hashes === null) answer(scryptSync(text, 'salt', COST.bytes, COST).toString('hex'));
  else if (!hashes.make(text, answer)) answer('too many at a time');
}

function answerLine(connection: Connection<State>, line: Uint8Array): void {
  const text = Buffer.from(line).toString();
  if (text.startsWith('hash ')) {
    answerHash(connection, text.slice('hash '.length));
  } else {
    answered++;
    connection.write(`${text}\n`);
  }
}

const listener = new Listener<State>(
  reactor,
  { host, port: Number(port) },
  {
    open(connection) {
      connection.data = { lines: new DelimiterFramer({ maxBytes: MAX_LINE_BYTES }), awaited: 0, isLeaving: false };
    },
    data(connection, bytes: Chunk) {
      connection.data.lines.push(bytes, (line) => answerLine(connection, line));
      if (!connection.hasRoom) connection.pause();
    },
    drain: (connection) => connection.resume(),
    end: endWhenAnswered,
  },
);

onStop(reactor, () => {
  for (const connection of listener.connections()) endWhenAnswered(connection);
  listener.close();
  // Then the clients have a second to end, too.
  const end = (): void => listener.close({ graceMs: 1000 });
  if (hashes === null) end();
  else hashes.close(end);
});
announce(listener);
reactor.attach(); // the event loop of Node starts the threads of piscina, and hears of those that die
