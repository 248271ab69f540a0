// @ts-check
// Does in JavaScript what c/floors/messages.c does: receives datagrams, or passes fds over a socket pair. Prints JSON.
// usage: node messages.mjs recvmsg|recvfrom|fds <warmup> <operations>
import * as socket from 'fdreactor/socket';
import { measureWork } from './work.mjs';

const BATCH = 100;
const BYTES = 64;
const buffer = Buffer.alloc(BYTES);

/** @typedef {import('./work.mjs').Work} Work */

/** @param {Work} a @param {Work} b @returns {Work} */
const sumOf = (a, b) => ({
  operations: a.operations + b.operations,
  seconds: a.seconds + b.seconds,
  cpuSeconds: a.cpuSeconds + b.cpuSeconds,
  userSeconds: a.userSeconds + b.userSeconds,
  systemSeconds: a.systemSeconds + b.systemSeconds,
});

/**
 * Receives datagrams. Only the receiving is measured: the sending is the same in all rows.
 * @param {(fd: number) => number} receiveOne @param {socket.SocketAddress} sender what it fills
 */
function receiver(receiveOne, sender) {
  const to = socket.bindUdp({ host: '127.0.0.1', port: 0 });
  const from = socket.bindUdp({ host: '127.0.0.1', port: 0 });
  const { port } = /** @type {{ port: number }} */ (socket.getsockname(to));
  socket.connect(from, { host: '127.0.0.1', port });
  const bytes = Buffer.alloc(BYTES, 'm');
  /** @param {number} count */
  const receive = (count) => {
    for (let i = 0; i < count; i++) if (receiveOne(to) !== BYTES) throw new Error('not one datagram');
    return count;
  };
  /** @param {number} operations */
  const run = async (operations) => {
    let work = { operations: 0, seconds: 0, cpuSeconds: 0, userSeconds: 0, systemSeconds: 0 };
    for (let left = operations; left > 0; left -= BATCH) {
      const now = Math.min(left, BATCH);
      for (let i = 0; i < now; i++) if (socket.send(from, bytes) !== BYTES) throw new Error('not sent');
      work = sumOf(work, await measureWork(() => receive(now)));
    }
    const mine = /** @type {{ port: number }} */ (socket.getsockname(from));
    if (sender.port !== mine.port || !buffer.equals(bytes)) throw new Error('another datagram');
    return work;
  };
  return run;
}

/** @type {Record<string, () => (operations: number) => Promise<Work>>} */
const kinds = {
  recvfrom() {
    const sender = new socket.SocketAddress();
    return receiver((fd) => socket.recvfrom(fd, buffer, 0, BYTES, 0, sender), sender);
  },
  recvmsg() {
    const message = new socket.Message({ buffers: [buffer] });
    return receiver((fd) => socket.recvmsg(fd, message), message.name);
  },
  fds() {
    const [left, right] = socket.socketpair();
    const byte = Buffer.from('f');
    const sent = [left];
    /** @type {number[]} */
    const received = [];
    return (operations) =>
      measureWork(() => {
        for (let i = 0; i < operations; i++) {
          if (socket.sendFds(left, byte, sent) !== 1) throw new Error('not sent');
          if (socket.recvFds(right, buffer, received) !== 1 || received.length !== 1) throw new Error('not one fd');
          socket.close(received[0]);
        }
        return operations;
      });
  },
};

const [kind, warmup, operations] = process.argv.slice(2);
const run = kinds[kind]();
await run(Number(warmup));
console.log(JSON.stringify(await run(Number(operations))));
process.exit(0);
