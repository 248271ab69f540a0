// A worker of http-workers.js; the master starts it.
//
// What it shows: the life of a worker. It loads, says that it is ready, accepts when it is told to, and drains when it
// is told to. run() returns when the last connection has ended. What may change: the answers. What must hold: nothing
// is accepted before onServe(), so that a reload that fails loses nothing.
import { Reactor } from 'fdreactor';
import { worker } from 'fdreactor/master';
import { goOn } from '../announce.js';
import { HttpServer } from './http-server.js';

const reactor = new Reactor({ onError: goOn });
const server = new HttpServer(reactor, ({ url }) => {
  if (url !== '/health') return { status: 200, body: `worker ${worker.index} of generation ${worker.generation}\n` };
  // A load balancer that asks learns that this server is about to stop, while it still answers.
  return worker.phase === 'serving' ? { status: 200, body: 'ok\n' } : { status: 503, body: `${worker.phase}\n` };
});

worker.onServe(({ http }) => server.listen(http as number));
worker.onDrain((deadlineMs) => server.stop(deadlineMs, () => worker.drained()));
worker.ready(reactor);
reactor.run();
reactor.close();
