// @ts-check
// Hello world on Bun.serve(), with the route that its documentation recommends for a response that is always the same.
// usage: bun http-bun.mjs          It picks a port and prints `listening on 127.0.0.1:PORT`.

const { Bun } = /** @type {any} */ (globalThis);
const hello = new Response('Hello, World!\n', { headers: { 'Content-Type': 'text/plain', Server: 'bun' } });
const { port } = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  idleTimeout: 255, // seconds, the most that there is
  routes: { '/hello': hello },
  fetch: () => new Response('not found\n', { status: 404 }),
});
console.log(`listening on 127.0.0.1:${port}`);
