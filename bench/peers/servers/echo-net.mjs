// @ts-check
// An echo server on node:net, or on fdreactor/net: the same program. `pipe` would be slower; this is what a careful
// user writes, with back-pressure by pausing until the other side has taken what was written.
// usage: node echo-net.mjs [node:net|fdreactor/net] [store]     It picks a port and prints `listening on
// 127.0.0.1:PORT`. With `store` each connection has an AsyncLocalStorage store of its own, which each chunk asks for.
import { AsyncLocalStorage } from 'node:async_hooks';

const [module = 'node:net', mode] = process.argv.slice(2);
/** @type {typeof import('node:net')} */
const net = await import(module);
const storage = mode === 'store' ? new AsyncLocalStorage() : undefined;

/** @param {import('node:net').Socket} socket */
function serve(socket) {
  const store = { remotePort: socket.remotePort };
  socket.on('data', (chunk) => {
    if (storage !== undefined && storage.getStore() === undefined) storage.enterWith(store);
    if (!socket.write(chunk)) socket.pause();
  });
  socket.on('drain', () => socket.resume());
  socket.on('error', () => socket.destroy());
}

const server = net.createServer(serve);
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(`listening on 127.0.0.1:${port}`);
});
