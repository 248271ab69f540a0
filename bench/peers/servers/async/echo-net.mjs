// @ts-check
// The echo server of Node.js itself in the style of `for await`.
// usage: node echo-net.mjs          It picks a port and prints `listening on 127.0.0.1:PORT`.
import { once } from 'node:events';
import net from 'node:net';

/** @param {net.Socket} socket */
async function serve(socket) {
  try {
    for await (const chunk of socket) if (!socket.write(chunk)) await once(socket, 'drain');
    socket.end();
  } catch {
    socket.destroy(); // the peer is gone
  }
}

const server = net.createServer(serve);
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  console.log(`listening on 127.0.0.1:${port}`);
});
