// @ts-check
// Hello world over HTTP/1.1 on the threads of a ReactorPool; or on this thread alone, whose Acceptor gives connections
// to the same module.
// usage: node pool.mjs local | hand-off|sharded attach|run <workers>
// It picks a port and prints `listening on 127.0.0.1:PORT`.
import { Acceptor, Reactor } from 'fdreactor';
import { getsockname, listenTcp } from 'fdreactor/socket';
import { ReactorPool } from 'fdreactor/workers';
import startWorker from './worker.mjs';

const [mode, drive, workers] = process.argv.slice(2);
const listen = { host: '127.0.0.1', port: 0, backlog: 4096 };

/** @param {unknown} where */
function announce(where) {
  const { port } = /** @type {{ port: number }} */ (where);
  console.log(`listening on 127.0.0.1:${port}`);
}

if (mode === 'local') {
  const reactor = new Reactor();
  const { connection } = await startWorker({
    reactor,
    index: 0,
    workerData: undefined,
    onDrain() {},
    drained() {},
  });
  const fd = listenTcp(listen);
  new Acceptor(reactor, fd, (accepted) => connection(accepted, undefined));
  announce(getsockname(fd));
  reactor.run();
} else {
  const pool = new ReactorPool(new URL('worker.mjs', import.meta.url), {
    mode: /** @type {'hand-off' | 'sharded'} */ (mode),
    drive: /** @type {'attach' | 'run'} */ (drive),
    workers: Number(workers),
    listen,
  });
  await pool.ready;
  announce(pool.address);
}
