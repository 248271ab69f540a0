// @ts-check
// A master of worker processes that share one socket; the workers are echo-worker.mjs.
// usage: node echo-master.mjs <workers>
// It picks a port and prints `listening on 127.0.0.1:PORT`.
import { Master } from 'fdreactor/master';

const master = new Master({
  worker: new URL('./echo-worker.mjs', import.meta.url),
  workers: Number(process.argv[2]),
  listeners: { echo: { host: '127.0.0.1', port: 0, backlog: 4096 } },
  drainMs: 0,
});
master.on('workerError', (error) => console.error(error.message));
await master.start();
const { echo } = master.state().listeners;
console.log(`listening on 127.0.0.1:${/** @type {{ port: number }} */ (echo).port}`);
