// @ts-check
// Hello world on node:http, the obvious code; or on node:http over fdreactor/net.
// usage: node http-node.mjs [fdreactor/net]          It picks a port and prints `listening on 127.0.0.1:PORT`.
import http from 'node:http';

const [module] = process.argv.slice(2);

const body = Buffer.from('Hello, World!\n');

const server = http.createServer((_request, response) => {
  response.writeHead(200, { Server: 'node', 'Content-Type': 'text/plain', 'Content-Length': body.length });
  response.end(body);
});
server.keepAliveTimeout = 600_000;
if (module !== undefined) (await import(module)).overReactor(server);
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(`listening on 127.0.0.1:${port}`);
});
