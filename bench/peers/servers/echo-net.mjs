// @ts-check
// The echo server of Node.js itself: node:net, which is libuv under JavaScript. `pipe` would be slower; this is what a
// careful user writes, with back-pressure by pausing until the other side has taken what was written.
// usage: node echo-net.mjs          It picks a port and prints `listening on 127.0.0.1:PORT`.
import net from 'node:net';

/** @param {net.Socket} socket */
function serve(socket) {
  socket.on('data', (chunk) => {
    if (!socket.write(chunk)) socket.pause();
  });
  socket.on('drain', () => socket.resume());
  socket.on('error', () => socket.destroy());
}

const server = net.createServer(serve);
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  console.log(`listening on 127.0.0.1:${port}`);
});
