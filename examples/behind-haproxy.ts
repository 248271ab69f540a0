// One of several servers behind HAProxy: node behind-haproxy.js [port] [host]
//
// What it shows: a web server that more than one process or machine runs, behind a balancer (behind-haproxy/haproxy.cfg
// is HAProxy's side). It reads the client's address from the PROXY header, answers health checks, and leaves without a
// failed request: at SIGTERM the health check says 503 and nothing else changes; when the balancer has heard it, the
// server stops listening, ends the connections that are idle, and the others with their next answer.
// What may change: anything but that order. The server itself is in behind-haproxy/proxied-server.ts.
import { Reactor } from 'fdreactor';
import { Listener } from 'fdreactor/connection';
import { announce, goOn, onStop } from './announce.js';
import { ProxiedServer } from './behind-haproxy/proxied-server.js';

/** Longer than the balancer keeps a connection that it does not use: it is the balancer that closes. */
const IDLE_MS = 120_000;
/** A balancer that asks for the health no more, or never did, is not waited for any longer. */
const UNHEARD_MS = 10_000;
/** From the last answer that the balancer hears to the moment when it has acted on it. */
const ACT_MS = 500;
/** So long the answers under way may take. */
const GRACE_MS = 5000;

const [port = '0', host = '127.0.0.1'] = process.argv.slice(2);
const reactor = new Reactor({ onError: goOn });
const server = new ProxiedServer(reactor, `server ${process.pid}`);
const listener = new Listener(
  reactor,
  { host, port: Number(port), backlog: 4096, highWaterMark: 0, idleTimeoutMs: IDLE_MS },
  server,
);

onStop(reactor, () => {
  const unheard = reactor.setTimer(UNHEARD_MS, leave);
  server.startDraining(() => {
    unheard.cancel();
    reactor.setTimer(ACT_MS, leave);
  });
});

function leave(): void {
  listener.close();
  for (const connection of [...listener.connections()]) server.endWhenIdle(connection, GRACE_MS);
}

announce(listener);
reactor.run(); // returns when the last connection has ended
reactor.close();
