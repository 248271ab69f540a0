// Static file server: node static-file-server.js [--timeout seconds] <root> [port] [host]
//
// What it shows: a whole server on connections: HTTP/1.1 with keep-alive and pipelining, files sent inside the kernel
// with back-pressure, time limits, and an end that lets the answers under way arrive. This file puts the parts
// together:
//   http-parser.ts      bytes to requests (llhttp)        http-files.ts   path to open file, or to the reason why not
//   http-answer.ts      request to response               http-connection.ts   reads, answers and ends in time
// What may change: anything. It is an example, not a replacement for a server with TLS, logs and ten years of use.
import { parseArgs } from 'node:util';
import { Reactor } from 'fdreactor';
import { announce, goOn, onStop } from './announce.js';
import { serveFiles } from './file-server/http-connection.js';
import { FileCache } from './file-server/http-files.js';

/** How often open files are looked at. */
const SWEEP_MS = 1000;
/** So long the answers under way may take when the server is told to stop. */
const GRACE_MS = 2000;

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

const reactor = new Reactor({ onError: goOn });
const files = new FileCache(root);
const times = { idleTimeoutMs: timeoutMs, requestMs: timeoutMs / 4 };
const listener = serveFiles(reactor, files, { host, port: Number(port), ...times });
const sweeper = reactor.setTimer(SWEEP_MS, () => files.sweep(), { repeatMs: SWEEP_MS });

onStop(reactor, () => {
  sweeper.cancel();
  listener.close({ graceMs: GRACE_MS });
});
announce(listener);
reactor.run(); // returns when the last connection has ended
files.close();
reactor.close();
