// splice() in workers, where the process or the thread ends in the middle, and where the process has no fds left.
import { expect, test } from 'vitest';
import { inChild, reportOf, type Toolbox } from '../../helpers/child.js';
import { testWith } from '../../helpers/needs.js';

/** A proxy of `length` bytes, which come back; tells what came, and the counts. */
const proxy = ({ net, node, report, args }: Toolbox): void => {
  const target = net.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
  const front = net.createServer((client) => {
    const upstream = net.connect((target.address() as { port: number }).port, '127.0.0.1', async () => {
      target.close();
      front.close();
      report(await node.splice(client, upstream, { timeoutMs: 20_000 }));
    });
  });
  target.listen(0, '127.0.0.1', () => front.listen(0, '127.0.0.1', start));
  function start(): void {
    const client = net.connect({
      ...{ port: (front.address() as { port: number }).port, host: '127.0.0.1', allowHalfOpen: true },
    });
    let length = 0;
    client.on('data', (part) => {
      length += part.length;
    });
    client.on('end', () => report({ length }));
    client.end(Buffer.alloc(args));
  }
};

test('a process with nothing else to do ends with its last tunnel', async () => {
  const outcome = await inChild(proxy, { args: 20_000_000 });
  expect([outcome.code, outcome.stderr]).toEqual([0, '']);
  expect(outcome.reports).toContainEqual({ aToB: 20_000_000, bToA: 20_000_000, via: 'splice' });
  expect(outcome.reports).toContainEqual({ length: 20_000_000 });
});

test('process.exit() in the middle', async () => {
  const outcome = await inChild(({ net, node, report }) => {
    const accepted: import('node:net').Socket[] = [];
    const server = net.createServer((socket) => {
      accepted.push(socket);
      const [a, b] = accepted;
      if (a === undefined || b === undefined) return;
      void node.splice(a, b);
      setTimeout(() => {
        report({ waiting: node.sharedReactor().size });
        process.exit(7);
      }, 50);
    });
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      net.connect(port, '127.0.0.1').write(Buffer.alloc(30_000_000));
      net.connect(port, '127.0.0.1').pause();
    });
  });
  expect(outcome.reports).toEqual([{ waiting: 2 }]);
  expect([outcome.code, outcome.stderr]).toEqual([7, '']);
});

test('a worker that is terminated in the middle: no fd is left, and the peers see the end', async () => {
  const outcome = await inChild(async ({ net, openFds, workerThreads, report }) => {
    let before = 0;
    const source = `
      const { parentPort } = require('node:worker_threads');
      const net = require('node:net');
      import('fdreactor/node').then(({ splice }) => {
        const accepted = [];
        const server = net.createServer((socket) => {
          if (accepted.push(socket) < 2) return;
          splice(accepted[0], accepted[1]);
          setTimeout(() => parentPort.postMessage('stalled'), 50);
        });
        server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
      });`;
    for (let round = 0; round < 3; round++) {
      const worker = new workerThreads.Worker(source, { eval: true });
      const port = await new Promise<number>((resolve) => worker.once('message', resolve));
      const clients = [net.connect(port, '127.0.0.1'), net.connect(port, '127.0.0.1')];
      for (const client of clients) client.on('error', () => {}).pause();
      clients[0]?.write(Buffer.alloc(30_000_000));
      await new Promise((resolve) => worker.once('message', resolve));
      const closes = clients.map((client) => new Promise((resolve) => client.once('close', resolve)));
      await worker.terminate();
      for (const client of clients) client.resume();
      await Promise.all(closes);
      if (round === 0) before = openFds().length; // libuv opens a file for its first socket
    }
    report({ more: openFds().length - before });
  });
  expect([outcome.code, outcome.stderr]).toEqual([0, '']);
  expect(outcome.reports).toEqual([{ more: 0 }]);
});

/** A tunnel that has nothing but the faults in `args`; what was reported, and what came. */
const tunnelWithFault = async ({ net, node, injectFaults, report, args }: Toolbox): Promise<void> => {
  const accepted: import('node:net').Socket[] = [];
  node.sharedReactor();
  const server = net.createServer((socket) => {
    accepted.push(socket);
    const [a, b] = accepted;
    if (a === undefined || b === undefined) return;
    const stop = injectFaults(args);
    setTimeout(stop, 200);
    node.splice(a, b).then(
      (result) => report(result),
      ({ code, syscall }) => [report({ code, syscall, gone: a.destroyed && b.destroyed }), process.exit(0)],
    );
    left.end('through');
    right.end();
  });
  let left = new net.Socket();
  let right = left;
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as { port: number };
    left = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    left.on('error', () => {}).resume();
    left.once('connect', () => {
      right = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      right.on('error', () => {}).on('data', (part) => report({ text: part.toString() }));
      right.once('end', () => process.exit(0));
    });
  });
};

for (const fault of ['EMFILE', 'ENFILE']) {
  testWith({ needs: 'strace' }, `no fds for a pipe (${fault}): it waits, and goes on when there are some`, async () => {
    const outcome = await inChild(tunnelWithFault, { args: ['pipe2', `error=${fault}`] });
    expect(outcome.reports).toContainEqual({ text: 'through' });
  });
}

testWith({ needs: 'strace' }, 'splice(2) fails with EIO: that is the error, and both are gone', async () => {
  const told = await reportOf(tunnelWithFault, { args: ['splice', 'error=EIO'] });
  expect(told).toEqual({ code: 'EIO', syscall: 'splice', gone: true });
});

testWith({ needs: 'strace' }, 'epoll_ctl(2) fails with ENOSPC when it begins: that is the error', async () => {
  const told = await reportOf(tunnelWithFault, { args: ['epoll_ctl', 'error=ENOSPC', '1'] });
  expect(told).toEqual({ code: 'ENOSPC', syscall: 'epoll_ctl', gone: true });
});
