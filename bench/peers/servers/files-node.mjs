// @ts-check
// Static files on node:http, the obvious code: stat, a head, and a pipeline from createReadStream.
// usage: node files-node.mjs <root>          It picks a port and prints `listening on 127.0.0.1:PORT`.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

const root = path.resolve(process.argv[2] ?? '.');

/** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
async function serve(request, response) {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const file = path.join(root, decodeURIComponent(pathname)); // the leading / keeps .. inside the root
  const { size } = await stat(file);
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': size });
  await pipeline(createReadStream(file), response);
}

const server = http.createServer((request, response) => {
  serve(request, response).catch(() => {
    if (response.headersSent) response.destroy();
    else response.writeHead(404).end();
  });
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(`listening on 127.0.0.1:${port}`);
});
