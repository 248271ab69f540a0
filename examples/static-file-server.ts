// Static file server: node static-file-server.js [--timeout seconds] <root> [port] [host]
//
// What it shows: a whole server over raw fds: HTTP/1.1 with keep-alive and pipelining, sendfile with back-pressure,
// time limits by one timer for all, and a pause instead of a busy loop when the fds run out. This file puts the parts
// together:
//   http-parser.ts      bytes to requests (llhttp)        http-files.ts   path to open file, or to the reason why not
//   http-answer.ts      request to response               http-connection.ts   one connection: read, write, close
// What may change: anything. It is an example, not a replacement for a server with TLS, logs and ten years of use.
import { parseArgs } from 'node:util';
import { Acceptor, Reactor, SystemError } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { announce, stopOnSignals } from './announce.js';
import { Connection, type Server } from './http-connection.js';
import { FileCache } from './http-files.js';

/** How often deadlines and open files are looked at: nothing waits longer than this beyond its time. */
const SWEEP_MS = 1000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { timeout: { type: 'string', default: '60' } },
});
const [root, port = '0', host = '127.0.0.1'] = positionals;
const timeoutMs = Number(values.timeout) * 1000;
if (root === undefined || !(timeoutMs > 0)) {
  console.error('usage: node static-file-server.js [--timeout seconds] <root> [port] [host]');
  process.exit(2);
}

const server: Server = {
  reactor: new Reactor(),
  files: new FileCache(root),
  timeouts: { idleMs: timeoutMs, sendMs: timeoutMs, requestMs: timeoutMs / 4 },
  connections: new Set(),
};

function accepted(fd: number): void {
  try {
    new Connection(server, fd);
  } catch (error) {
    socket.close(fd);
    if (!(error instanceof SystemError)) throw error;
    console.error(error.message); // ENOSPC, ENOMEM: this client is refused, the others go on
  }
}

const listener = socket.listenTcp({ host, port: Number(port), backlog: 4096 });
const acceptor = new Acceptor(server.reactor, listener, accepted);
const sweeper = server.reactor.setTimer(
  SWEEP_MS,
  () => {
    const now = performance.now();
    for (const connection of server.connections) connection.closeIfLate(now);
    server.files.sweep(now);
  },
  { repeatMs: SWEEP_MS },
);

stopOnSignals(server.reactor);
announce(listener);
server.reactor.run();
sweeper.cancel();
acceptor.close();
for (const connection of server.connections) connection.close();
server.files.close();
server.reactor.close();
