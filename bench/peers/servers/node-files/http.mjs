// @ts-check
// Static files on node:http in three ways: createReadStream() and pipe(), sendFile() of a path, sendFile() of an fd
// that stays open. The obvious code, and the same but for the way. The length of a file is known beforehand for
// pipe(), so that no stat() is part of the floor.
// usage: node http.mjs <root> pipe|path|fd        It picks a port and prints `listening on 127.0.0.1:PORT`.
import { createReadStream, openSync, statSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { sendFile } from 'fdreactor/node';

const [root = '.', way = 'path'] = process.argv.slice(2);

/** @template T @param {(file: string) => T} make @returns {(file: string) => T} */
function once(make) {
  /** @type {Map<string, T>} */
  const made = new Map();
  return (file) => {
    const known = made.get(file);
    if (known !== undefined) return known;
    const one = make(file);
    made.set(file, one);
    return one;
  };
}

const sizeOf = once((file) => statSync(file).size);
const fdOf = once((file) => openSync(file, 'r'));

/** @param {http.ServerResponse} response @param {string | number} file */
async function send(response, file) {
  try {
    await sendFile(response, file);
    response.end();
  } catch {
    response.destroy(); // wrk ends its connections in the middle of a response
  }
}

/** @type {Record<string, (file: string, response: http.ServerResponse) => unknown>} */
const ways = {
  pipe(file, response) {
    response.setHeader('Content-Length', sizeOf(file));
    createReadStream(file).pipe(response);
  },
  path: (file, response) => send(response, file),
  fd: (file, response) => send(response, fdOf(file)),
};

const serve = ways[way];
const server = http.createServer((request, response) => {
  response.setHeader('Content-Type', 'application/octet-stream');
  serve?.(path.join(root, request.url ?? '/'), response);
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(`listening on 127.0.0.1:${port}`);
});
