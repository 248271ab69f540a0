// @ts-check
// Static files in Express 5: res.sendFile(), or staticFiles() of fdreactor/node, which both set the headers of `send`;
// or sendFile() of fdreactor/node alone.
// usage: node express.mjs <root> sendFile|staticFiles|own    It picks a port and prints `listening on 127.0.0.1:PORT`.
import { createRequire } from 'node:module';
import path from 'node:path';
import { sendFile, staticFiles } from 'fdreactor/node';

const express = createRequire(import.meta.url)('express'); // it has no types

const [root = '.', way = 'staticFiles'] = process.argv.slice(2);

const app = express().set('env', 'production');
/** @type {Record<string, any>} */
const ways = {
  sendFile: (/** @type {any} */ request, /** @type {any} */ response) =>
    response.sendFile(request.path, { root: path.resolve(root) }),
  staticFiles: staticFiles(root),
  own: (/** @type {any} */ request, /** @type {any} */ response) =>
    sendFile(response, path.join(root, request.path)).then(
      () => response.end(),
      () => response.destroy(), // wrk ends its connections in the middle of a response
    ),
};
app.use(ways[way]);
const server = app.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(`listening on 127.0.0.1:${port}`);
});
