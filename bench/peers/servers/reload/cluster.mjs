// @ts-check
// Worker processes of node:cluster that serve hello world on node:http. SIGHUP reloads them as its documentation has
// it: others are started, and when they listen, those of before are disconnected.
// usage: node cluster.mjs <workers>
// It picks a port and prints `listening on 127.0.0.1:PORT`.
import cluster from 'node:cluster';
import http from 'node:http';

const workers = Number(process.argv[2]);
const body = 'Hello, World!\n';

/** Starts workers; resolves to their port when all listen. @returns {Promise<number>} */
function startWorkers() {
  return new Promise((resolve) => {
    let starting = workers;
    for (let i = 0; i < workers; i++) {
      cluster.fork().once('listening', ({ port }) => {
        if (--starting === 0) resolve(port);
      });
    }
  });
}

async function reload() {
  const before = Object.values(cluster.workers ?? {});
  await startWorkers();
  for (const worker of before) worker?.disconnect();
}

if (cluster.isPrimary) {
  process.on('SIGHUP', reload);
  console.log(`listening on 127.0.0.1:${await startWorkers()}`);
} else {
  const server = http.createServer((request, response) => {
    request.resume().once('end', () => response.setHeader('Content-Length', body.length).end(body));
  });
  server.keepAliveTimeout = 600_000;
  server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 });
}
