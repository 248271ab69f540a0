// @ts-check
// Hello world on uWebSockets.js, the obvious code. It writes Date, Content-Length and a field with its own name itself.
// usage: node http-uws.mjs <uws.js>          It picks a port and prints `listening on 127.0.0.1:PORT`.
import { createRequire } from 'node:module';

const uws = createRequire(import.meta.url)(process.argv[2]);
uws
  .App()
  .get('/hello', (/** @type {any} */ response) => {
    response.writeHeader('Content-Type', 'text/plain').end('Hello, World!\n');
  })
  .listen('127.0.0.1', 0, (/** @type {unknown} */ listener) => {
    if (!listener) throw new Error('uWebSockets.js cannot listen');
    console.log(`listening on 127.0.0.1:${uws.us_socket_local_port(listener)}`);
  });
