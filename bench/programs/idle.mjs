// @ts-check
// Measures the memory of idle TCP connections. Another process holds their other ends. Prints JSON, in bytes a
// connection: user space as own-memory.mjs has it, and `kernelBytes`, the growth of the kernel's slabs
// (/proc/meminfo). Slabs are those of the whole machine: both ends of each connection, and the item of the wait.
// usage: node --expose-gc idle.mjs reactor|connection|net|fdreactor-net <connections> <warmUp>
// Three times <warmUp> connections come first and are not counted, so that all that is made or compiled once is
// there.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { Acceptor, Interest, Reactor } from 'fdreactor';
import { Listener } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { memoryOfEach, ownMemory } from './own-memory.mjs';

/** How often connections are made that are not counted. */
const WARM_UPS = 3;
const ignore = () => {};

/** How many are held; `wait` resolves when there are so many. */
class Held {
  #count = 0;
  #target = Number.POSITIVE_INFINITY;
  #done = ignore;

  add() {
    if (++this.#count === this.#target) this.#done();
  }

  /** @param {number} target @returns {Promise<void>} */
  wait(target) {
    this.#target = target;
    return new Promise((resolve) => {
      this.#done = resolve;
      if (this.#count >= target) resolve();
    });
  }
}

const held = new Held();

/** Both give the port that they listen on. */
const servers = {
  reactor() {
    const reactor = new Reactor();
    const listener = socket.listenTcp({ host: '127.0.0.1', port: 0, backlog: 4096 });
    new Acceptor(reactor, listener, (fd) => {
      reactor.register(fd, Interest.READABLE, ignore);
      held.add();
    });
    reactor.attach();
    return /** @type {{ port: number }} */ (socket.getsockname(listener)).port;
  },
  connection() {
    const reactor = new Reactor();
    const listener = new Listener(
      reactor,
      { host: '127.0.0.1', port: 0, backlog: 4096 },
      { open: () => held.add(), data: ignore },
    );
    reactor.attach();
    return /** @type {{ port: number }} */ (listener.address).port;
  },
  net: () => listenAsNode(net),
  'fdreactor-net': async () => listenAsNode(await import('fdreactor/net')),
};

/** @param {Pick<typeof net, 'createServer'>} module */
async function listenAsNode(module) {
  const sockets = new Set();
  const server = module.createServer((connection) => {
    sockets.add(connection.on('data', ignore).on('error', ignore));
    held.add();
  });
  server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 });
  await once(server, 'listening');
  return /** @type {net.AddressInfo} */ (server.address()).port;
}

/** Bytes of the kernel's slabs, of the whole machine. */
const slabs = () => Number(/^Slab:\s*(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024;

const [kind, ...counts] = process.argv.slice(2);
const [total, warmUp] = counts.map(Number);
const port = await servers[/** @type {keyof typeof servers} */ (kind)]();
const clients = fork(fileURLToPath(new URL('idle-clients.mjs', import.meta.url)), [String(port)], { execArgv: [] });
clients.on('exit', () => process.exit(1)); // it has said why

let target = 0;

/** @param {number} more */
async function connect(more) {
  target += more;
  clients.send(more);
  await held.wait(target);
}

// What is made once is made now; what is compiled, too.
for (let i = 0; i < WARM_UPS; i++) {
  ownMemory();
  await connect(warmUp);
}
const slabsBefore = slabs();
const before = ownMemory();
await connect(total);
const bytes = memoryOfEach(before, ownMemory(), total);
console.log(JSON.stringify({ ...bytes, kernelBytes: (slabs() - slabsBefore) / total }));
process.exit(0); // and the other process with it: it loses the channel
