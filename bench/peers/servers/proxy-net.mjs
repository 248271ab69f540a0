// @ts-check
// A TCP proxy on node:net, the obvious code: pipe in both directions.
// usage: node proxy-net.mjs <targetHost> <targetPort>          It picks a port and prints `listening on
// 127.0.0.1:PORT`.
import net from 'node:net';

const [targetHost = '127.0.0.1', targetPort = ''] = process.argv.slice(2);

/** @param {net.Socket} client */
function serve(client) {
  const target = net.connect({ host: targetHost, port: Number(targetPort), allowHalfOpen: true });
  client.pipe(target).pipe(client);
  client.on('error', () => target.destroy());
  target.on('error', () => client.destroy());
}

const server = net.createServer({ allowHalfOpen: true }, serve);
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  console.log(`listening on 127.0.0.1:${port}`);
});
