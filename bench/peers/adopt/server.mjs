// @ts-check
// Hello world on node:http, whose connections come from node:net, or from an Acceptor by toSocket().
// usage: node server.mjs net|acceptor          It picks a port and prints `listening on 127.0.0.1:PORT`.
import http from 'node:http';
import { Acceptor } from 'fdreactor';
import { sharedReactor, toSocket } from 'fdreactor/node';
import { getsockname, listenTcp } from 'fdreactor/socket';

const body = Buffer.from('Hello, World!\n');
const address = { host: '127.0.0.1', port: 0, backlog: 4096 };
/** What a server of node:http gives its own connections. */
const ofHttp = { allowHalfOpen: true, noDelay: true };

const server = http.createServer((_request, response) => {
  response.writeHead(200, { Server: 'node', 'Content-Type': 'text/plain', 'Content-Length': body.length });
  response.end(body);
});
server.keepAliveTimeout = 600_000;

/** @param {unknown} where */
function announce(where) {
  const { port } = /** @type {{ port: number }} */ (where);
  console.log(`listening on 127.0.0.1:${port}`);
}

if (process.argv[2] === 'net') server.listen(address, () => announce(server.address()));
else {
  const listener = listenTcp(address);
  new Acceptor(sharedReactor(), listener, (fd) => server.emit('connection', toSocket(fd, ofHttp)));
  announce(getsockname(listener));
}
