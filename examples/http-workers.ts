// An HTTP server of several processes: node http-workers.js [port] [host] [workers]
//
//   node http-workers.js 8080 &
//   kill -HUP %1      # new workers, and no request fails
//   kill -USR2 %1     # a new master as well
//   kill %1           # stops; the requests under way are answered
//
// What it shows: a Master that holds the port, and keeps worker processes. It replaces those that die, a spare one at
// once. Under systemd it takes the socket named http, and tells when it is ready. The workers are in
// http-workers/worker.ts. What may change: anything.
import { Master } from 'fdreactor/master';
import { announce } from './announce.js';

const [port = '0', host = '127.0.0.1', workers = '2'] = process.argv.slice(2);
const master = new Master({
  worker: new URL('./http-workers/worker.js', import.meta.url),
  workers: Number(workers),
  spare: 1,
  listeners: { http: { fdName: 'http', host, port: Number(port), backlog: 4096 } },
  drainMs: 10_000,
  // Kubernetes and load balancers send new connections for a while after SIGTERM.
  stopDelayMs: Number(process.env.STOP_DELAY_MS ?? 0),
});

master.on('workerError', (error) => console.error(error.message));
master.on('failed', (action, error) => console.error(`the ${action} failed: ${error.message}`));
await master.start();
const { http: address } = master.state().listeners;
if (address !== undefined) announce({ address });
