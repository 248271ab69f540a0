// @ts-check
// Sends a file in a thousand responses of node:http at once, and measures how late Node's event loop is meanwhile.
// The clients are another process, on another core: of ten two reset the connection at a random point, one stops
// reading until all others are through, and the others read at their own pace. They compare every body. Prints JSON.
// usage: node many-files.mjs pipe|path <clients> <bytes> <core of the clients>
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { sendFile } from 'fdreactor/node';

const RESOLUTION_MS = 1;

/** @type {Record<string, (file: string, bytes: number, response: http.ServerResponse) => void>} */
const ways = {
  pipe(file, bytes, response) {
    response.setHeader('Content-Length', bytes);
    const stream = createReadStream(file).pipe(response);
    response.on('close', () => stream.destroy());
  },
  path(file, _bytes, response) {
    sendFile(response, file).then(
      () => response.end(),
      () => response.destroy(),
    );
  },
};

/** @param {string} way @param {number} count @param {number} size @param {string} core */
async function serve(way, count, size, core) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'fdreactor-many-'));
  const file = path.join(folder, 'bytes');
  const bytes = randomBytes(size);
  writeFileSync(file, bytes);
  const server = http.createServer((_request, response) => ways[way](file, size, response));
  server.listen(0, '127.0.0.1', 4096);
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  const hash = createHash('sha256').update(bytes).digest('hex');
  const args = ['-c', core, process.execPath, fileURLToPath(import.meta.url), 'ask', port, count, size, hash];
  const round = async () => {
    const child = spawn('taskset', args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
    return JSON.parse(await text(child.stdout));
  };
  await round(); // warms up
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const before = process.cpuUsage();
  const start = performance.now();
  delay.enable();
  const ends = await round();
  delay.disable();
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - start) / 1000;
  const ms = (/** @type {number} */ percent) => delay.percentile(percent) / 1e6;
  const rssMb = process.memoryUsage().rss / 1e6;
  rmSync(folder, { recursive: true });
  console.log(JSON.stringify({ ...ends, seconds, cpuSeconds: (user + system) / 1e6, p50: ms(50), p99: ms(99), rssMb }));
  process.exit(0);
}

/** What becomes of the clients. */
class Clients {
  ends = { right: 0, wrong: 0, cut: 0 };
  /** @type {net.Socket[]} */
  #stopped = [];
  #through = 0;

  /** @param {number} port @param {number} count @param {number} size @param {string} hash */
  constructor(port, count, size, hash) {
    this.port = port;
    this.count = count;
    this.size = size;
    this.hash = hash;
  }

  /** @param {number} index @returns {Promise<void>} */
  ask(index) {
    const request = http.get({ port: this.port, host: '127.0.0.1', agent: false });
    const hash = createHash('sha256');
    const place = Math.floor(Math.random() * (this.size - 1));
    const stopsAt = index % 10 === 2 ? place : Number.POSITIVE_INFINITY;
    const resetsAt = index % 10 < 2 ? place : Number.POSITIVE_INFINITY;
    let length = 0;
    request.on('error', () => {}); // 'close' follows
    request.on('response', (response) => {
      response.on('error', () => {}); // its own reset
      response.on('data', (/** @type {Buffer} */ part) => {
        hash.update(part);
        length += part.length;
        if (length >= resetsAt) response.socket.resetAndDestroy();
        else if (length >= stopsAt && length - part.length < stopsAt) this.#stop(response.socket);
        else if (index % 3 === 0) this.#pauseFor(response.socket, 1 + (index % 7));
      });
    });
    return new Promise((resolve) => {
      request.on('close', () => {
        this.ends[length < this.size ? 'cut' : hash.digest('hex') === this.hash ? 'right' : 'wrong']++;
        this.#through++;
        this.#goOn();
        resolve();
      });
    });
  }

  /** @param {net.Socket} socket */
  #stop(socket) {
    socket.pause();
    this.#stopped.push(socket);
    this.#goOn();
  }

  /** When all others are through. */
  #goOn() {
    if (this.#through + this.#stopped.length < this.count) return;
    for (const socket of this.#stopped.splice(0)) socket.resume();
  }

  /** @param {net.Socket} socket @param {number} ms */
  #pauseFor(socket, ms) {
    socket.pause();
    setTimeout(() => socket.resume(), ms);
  }
}

const [way = 'path', ...rest] = process.argv.slice(2);
if (way === 'ask') {
  const [port, count, size, hash = ''] = rest;
  const clients = new Clients(Number(port), Number(count), Number(size), hash);
  await Promise.all(Array.from({ length: clients.count }, (_, index) => clients.ask(index)));
  console.log(JSON.stringify(clients.ends));
} else {
  const [count, size, core = '0'] = rest;
  await serve(way, Number(count), Number(size), core);
}
