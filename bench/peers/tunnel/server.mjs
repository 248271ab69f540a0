// @ts-check
// A proxy on node:http that does CONNECT alone, by one of two ways: what differs is one call.
// usage: node server.mjs <splice | pipe>          It picks a port and prints `listening on 127.0.0.1:PORT`.
import http from 'node:http';
import net from 'node:net';
import { splice } from 'fdreactor/node';

/** @typedef {(client: net.Socket, target: net.Socket) => void} Join */

/** @type {Record<string, Join>} */
const joins = {
  splice(client, target) {
    splice(client, target).catch(() => {}); // both are destroyed
  },
  pipe(client, target) {
    client.pipe(target).pipe(client);
    client.on('error', () => target.destroy());
    target.on('error', () => client.destroy());
  },
};
const join = /** @type {Join} */ (joins[process.argv[2] ?? '']);

const server = http.createServer();
server.on('connect', (request, /** @type {net.Socket} */ client, head) => {
  const [host, port] = (request.url ?? '').split(':');
  const target = net.connect({ host, port: Number(port), allowHalfOpen: true }, () => {
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    if (head.length > 0) client.unshift(head);
    join(client, target);
  });
  target.on('error', () => client.destroy());
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  console.log(`listening on 127.0.0.1:${port}`);
});
