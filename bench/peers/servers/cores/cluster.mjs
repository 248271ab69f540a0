// @ts-check
// Worker processes of node:cluster: node:net, whose connections are ended at once, or hello world on node:http.
// usage: node cluster.mjs round-robin|shared net|http <workers>
// It picks a port and prints `listening on 127.0.0.1:PORT`.
import cluster from 'node:cluster';
import http from 'node:http';
import net from 'node:net';

const [policy, kind, workers] = process.argv.slice(2);
const body = 'Hello, World!\n';
const address = { host: '127.0.0.1', port: 0, backlog: 4096 };

/** @param {net.Socket} socket */
function end(socket) {
  socket.on('error', () => socket.destroy());
  socket.resume();
}

if (cluster.isPrimary) {
  cluster.schedulingPolicy = policy === 'shared' ? cluster.SCHED_NONE : cluster.SCHED_RR;
  let starting = Number(workers);
  for (let i = 0; i < Number(workers); i++) cluster.fork();
  cluster.on('listening', (_, { port }) => {
    if (--starting === 0) console.log(`listening on 127.0.0.1:${port}`);
  });
} else if (kind === 'net') {
  net.createServer({ noDelay: true }, end).listen(address);
} else {
  const server = http.createServer((_request, response) => {
    response.writeHead(200, { Server: 'node', 'Content-Type': 'text/plain', 'Content-Length': body.length });
    response.end(body);
  });
  server.keepAliveTimeout = 600_000;
  server.listen(address);
}
