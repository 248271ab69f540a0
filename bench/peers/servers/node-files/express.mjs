// @ts-check
// Static files in Express 5: res.sendFile(), or staticFiles() of fdreactor/node. Both set the headers of `send`.
// usage: node express.mjs <root> sendFile|staticFiles        It picks a port and prints `listening on 127.0.0.1:PORT`.
import { createRequire } from 'node:module';
import path from 'node:path';
import { staticFiles } from 'fdreactor/node';

const express = createRequire(import.meta.url)('express'); // it has no types

const [root = '.', way = 'staticFiles'] = process.argv.slice(2);

const app = express().set('env', 'production');
if (way === 'sendFile') {
  app.use((/** @type {any} */ request, /** @type {any} */ response) =>
    response.sendFile(request.path, { root: path.resolve(root) }),
  );
} else {
  app.use(staticFiles(root));
}
const server = app.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(`listening on 127.0.0.1:${port}`);
});
