// toSocket(), takeFd() and toDuplex() in workers and in a cluster, and where the process or the thread ends in the
// middle. Each child is a program of its own.
import { expect, test } from 'vitest';
import { inChild } from '../helpers/child.js';

const well = { code: 0, stderr: '' };

test('a stream keeps the process alive while it reads or writes, and not otherwise', async () => {
  const idle = await inChild(({ node, socket, report }) => {
    const [a, b] = socket.socketpair();
    const waiting = node.toDuplex(a); // nothing asks it for bytes
    const unreferenced = node.toDuplex(b).unref().resume();
    report([waiting.destroyed, unreferenced.destroyed]);
  });
  expect(idle).toMatchObject({ ...well, reports: [[false, false]] });

  const reading = await inChild(({ node, socket, report }) => {
    const [a, b] = socket.socketpair();
    node.toDuplex(a).on('data', (part: Buffer) => report(part.toString()));
    setTimeout(() => socket.send(b, Buffer.from('late')), 100).unref();
    setTimeout(() => socket.close(b), 200).unref();
  });
  expect(reading).toMatchObject({ ...well, reports: ['late'] });

  const writing = await inChild(({ node, socket, report }) => {
    const [a, b] = socket.socketpair();
    node.toDuplex(a).write(Buffer.alloc(2_000_000), () => report('written'));
    const reader = node.toDuplex(b).unref();
    setTimeout(() => reader.resume(), 100).unref();
  });
  expect(writing).toMatchObject({ ...well, reports: ['written'] });

  const again = await inChild(({ node, socket, report }) => {
    const [a, b] = socket.socketpair();
    const stream = node.toDuplex(a).unref().resume();
    stream.on('end', () => report('end'));
    stream.ref();
    setTimeout(() => socket.close(b), 100).unref();
  });
  expect(again).toMatchObject({ ...well, reports: ['end'] });
});

test('process.exit() with streams and sockets that read and write', async () => {
  const outcome = await inChild(({ node, socket, report }) => {
    const pairs = Array.from({ length: 4 }, () => socket.socketpair());
    for (const [a, b] of pairs) {
      node.toDuplex(a).resume().write(Buffer.alloc(5_000_000));
      node.toSocket(b).pause().write(Buffer.alloc(5_000_000));
    }
    setTimeout(() => {
      report(node.sharedReactor().size);
      process.exit(7);
    }, 30);
  });
  expect(outcome).toMatchObject({ code: 7, stderr: '', reports: [4] });
});

test('a worker that ends, or is terminated, with them: no fd is left', async () => {
  const outcome = await inChild(async ({ startWorker, openFds, report }) => {
    const before: number[] = [];
    for (const isTerminated of [true, false, true, false]) {
      const worker = startWorker(({ node, net, socket, report: _, require, args }) => {
        const [a] = socket.socketpair();
        node.toDuplex(a).resume().write(Buffer.alloc(5_000_000));
        const [b] = socket.socketpair();
        node.toSocket(b).write(Buffer.alloc(5_000_000));
        const [c] = socket.socketpair();
        const taken = node.takeFd(node.toSocket(c));
        node.toDuplex(taken.fd).resume();
        const [d] = socket.socketpair();
        const free = new net.Socket({ fd: d } as never);
        free.resume();
        const { parentPort } = require('node:worker_threads');
        parentPort.postMessage('ready');
        if (!args) setTimeout(() => process.exit(0), 10);
      }, isTerminated);
      await new Promise((resolve) => worker.once('message', resolve));
      const ended = new Promise((resolve) => worker.once('exit', resolve));
      if (isTerminated) await worker.terminate();
      await ended;
      before.push(openFds().length);
    }
    report(before.map((count) => count - (before[0] as number)));
  });
  expect(outcome).toMatchObject({ ...well, reports: [[0, 0, 0, 0]] });
});

test('an fd goes to a worker: taken out of Node here, a stream or a socket there', async () => {
  const outcome = await inChild(async ({ net, node, socket, startWorker, report }) => {
    const server = net.createServer((given) => {
      const { fd } = node.takeFd(given);
      socket.detachFd(fd);
      const worker = startWorker(
        ({ node: there, args }) => {
          const made = args.isSocket ? there.toSocket(args.fd) : there.toDuplex(args.fd);
          made.on('data', (part: Buffer) => made.end(`${part} from the worker`));
        },
        { fd, isSocket: asked++ === 0 },
      );
      worker.on('error', (error: Error) => report(error.message));
    });
    let asked = 0;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    for (const kind of ['socket', 'stream']) {
      const client = net.connect(port, '127.0.0.1');
      client.write(kind);
      let text = '';
      client.on('data', (part) => {
        text += part;
      });
      await new Promise((resolve) => client.on('close', resolve));
      report(text);
    }
    server.close();
  });
  expect(outcome).toMatchObject({ ...well, reports: ['socket from the worker', 'stream from the worker'] });
});

test('a cluster: a worker takes connections of the primary, as streams and as sockets again', async () => {
  const outcome = await inChild(async ({ net, http, node, require, report }) => {
    const cluster = require('node:cluster') as typeof import('node:cluster').default;
    if (cluster.isWorker) {
      const web = http.createServer((_request, response) => response.setHeader('Connection', 'close').end('http'));
      const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true }, (given) => {
        const { fd, unread } = node.takeFd(given);
        if (unread.length > 0) throw new Error('it was paused');
        const stream = node.toDuplex(fd, { close: false });
        stream.once('data', (first: Buffer) => {
          stream.destroy();
          if (first[0] === 0x47) web.emit('connection', node.toSocket(fd, { unread: first, allowHalfOpen: true }));
          else node.toDuplex(fd).end('raw');
        });
      });
      server.listen(0, '127.0.0.1');
      return;
    }
    const worker = cluster.fork();
    const port = await new Promise<number>((resolve) => worker.once('listening', (address) => resolve(address.port)));
    for (const first of ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'x']) {
      const client = net.connect(port, '127.0.0.1');
      client.write(first);
      let text = '';
      client.on('data', (part) => {
        text += part;
      });
      await new Promise((resolve) => client.on('end', resolve));
      report(text.slice(-4));
    }
    worker.kill();
    await new Promise((resolve) => worker.on('exit', resolve));
  });
  expect(outcome).toMatchObject({ ...well, reports: ['http', 'raw'] });
});
