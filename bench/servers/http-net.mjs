// @ts-check
// Hello world over HTTP/1.1 on node:net, with the request parser of the examples and the response of the Reactor's server:
// what differs is who talks to the kernel.
// usage: node http-net.mjs          It picks a port and prints `listening on 127.0.0.1:PORT`.
import net from 'node:net';
import { HttpParseError, HttpParser } from '../../examples/dist/http-parser.js';
import { makeResponse, renewHello, respond } from './hello-response.mjs';

/** @param {net.Socket} socket */
function serve(socket) {
  let last = false;
  const parser = new HttpParser((request) => {
    socket.write(respond(request));
    if (request.keepAlive) return;
    last = true;
    parser.close();
  });
  socket.on('data', (bytes) => {
    if (last) return;
    try {
      socket.cork();
      parser.execute(/** @type {Buffer} */ (bytes));
    } catch (error) {
      if (!(error instanceof HttpParseError)) throw error;
      socket.write(makeResponse(`${error.status} Bad Request`, { keepAlive: false }));
      last = true;
    } finally {
      socket.uncork();
    }
    if (last) socket.end();
  });
  socket.on('error', () => socket.destroy()); // the peer has reset it
  socket.on('close', () => parser.close());
}

function renew() {
  setTimeout(renew, renewHello());
}
renew();
const server = net.createServer({ noDelay: true }, serve);
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  console.log(`listening on 127.0.0.1:${port}`);
});
