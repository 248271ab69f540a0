// @ts-check
// The echo server on fdreactor/async, in each style of reading: what a user writes. Node's event loop drives it.
// usage: node echo.mjs try-read|read|for-await|serve       It picks a port and prints `listening on 127.0.0.1:PORT`.
import { Reactor } from 'fdreactor';
import { listen, serve } from 'fdreactor/async';

/** @typedef {import('fdreactor/async').AsyncConnection} AsyncConnection */

const BUFFER_BYTES = 64 * 1024;
const reactor = new Reactor();
const shared = new Uint8Array(BUFFER_BYTES);

/** One buffer for all connections. @param {AsyncConnection} connection */
async function tryRead(connection) {
  for (;;) {
    await connection.readable();
    const count = connection.tryRead(shared);
    if (count === 0) return;
    const full = connection.write(shared.subarray(0, count));
    if (full !== undefined) await full;
  }
}

/** A buffer for each. @param {AsyncConnection} connection */
async function read(connection) {
  const buffer = new Uint8Array(1024);
  for (;;) {
    const count = await connection.read(buffer);
    if (count === 0) return;
    const full = connection.write(buffer.subarray(0, count));
    if (full !== undefined) await full;
  }
}

/** @param {AsyncConnection} connection */
async function forAwait(connection) {
  for await (const chunk of connection) {
    const full = connection.write(chunk);
    if (full !== undefined) await full;
  }
}

const style = process.argv[2];
const server = listen(reactor, { host: '127.0.0.1', port: 0, backlog: 4096 });
console.log(`listening on 127.0.0.1:${server.port}`);
reactor.attach();

if (style === 'serve') serve(server, read);
else {
  const handle = style === 'try-read' ? tryRead : style === 'read' ? read : forAwait;
  for await (const connection of server) {
    handle(connection).then(
      () => connection.end(),
      () => connection.close(), // the peer is gone
    );
  }
}
