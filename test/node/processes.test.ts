// sendFile() in workers, in a cluster, under the permission model, and where the process or the thread ends in the
// middle. Each child is a program of its own.
import { expect, test } from 'vitest';
import { inChild } from '../helpers/child.js';

const largeFile = 50_000_000;

test('a process with nothing else to do ends when the last file is sent', async () => {
  const outcome = await inChild(
    ({ http, node, fs, report, args }) => {
      const path = `/tmp/fdreactor-processes-${process.pid}`;
      fs.writeFileSync(path, Buffer.alloc(args, 'x'));
      const server = http.createServer(async (_request, response) => {
        server.close();
        const { bytes } = await node.sendFile(response, path);
        fs.unlinkSync(path);
        response.end(() => report({ bytes }));
      });
      server.listen(0, '127.0.0.1', () => {
        const { port } = server.address() as { port: number };
        http.get({ port, host: '127.0.0.1', agent: false }, (response) => {
          let length = 0;
          response.on('data', (part) => {
            length += part.length;
          });
          response.on('end', () => report({ length }));
        });
      });
    },
    { args: largeFile },
  );
  expect(outcome.code).toBe(0);
  expect(outcome.reports).toContainEqual({ bytes: largeFile });
  expect(outcome.reports).toContainEqual({ length: largeFile });
});

test('process.exit() while a file is sent', async () => {
  const outcome = await inChild(
    ({ net, node, fs, report, args }) => {
      const path = `/tmp/fdreactor-processes-${process.pid}`;
      fs.writeFileSync(path, Buffer.alloc(args, 'x'));
      const fd = fs.openSync(path, 'r');
      fs.unlinkSync(path);
      const server = net.createServer((socket) => {
        void node.sendFile(socket, fd);
        setTimeout(() => {
          report({ waiting: node.sharedReactor().size });
          process.exit(7);
        }, 50);
      });
      server.listen(0, '127.0.0.1', () => {
        net.connect((server.address() as { port: number }).port, '127.0.0.1').pause();
      });
    },
    { args: largeFile },
  );
  expect(outcome.reports).toEqual([{ waiting: 1 }]);
  expect([outcome.code, outcome.stderr]).toEqual([7, '']);
});

test('a worker that is terminated while it sends: no fd is left, and the peer sees the end', async () => {
  const outcome = await inChild(
    async ({ net, fs, openFds, workerThreads, report, args }) => {
      const path = `/tmp/fdreactor-processes-${process.pid}`;
      fs.writeFileSync(path, Buffer.alloc(args, 'x'));
      let before = 0;
      const source = `
        const { parentPort, workerData } = require('node:worker_threads');
        const http = require('node:http');
        import('fdreactor/node').then(({ sendFile }) => {
          const server = http.createServer((_request, response) => {
            sendFile(response, workerData);
            setTimeout(() => parentPort.postMessage('stalled'), 50);
          });
          server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
        });`;
      for (let round = 0; round < 3; round++) {
        const worker = new workerThreads.Worker(source, { eval: true, workerData: path });
        const port = await new Promise<number>((resolve) => worker.once('message', resolve));
        const client = net.connect(port, '127.0.0.1').pause();
        client.on('error', () => {});
        client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
        await new Promise((resolve) => worker.once('message', resolve));
        await worker.terminate();
        client.resume();
        await new Promise((resolve) => client.once('close', resolve));
        if (round === 0) before = openFds().length; // libuv opens a file for its first socket
      }
      fs.unlinkSync(path);
      report({ more: openFds().length - before });
    },
    { args: largeFile },
  );
  expect([outcome.code, outcome.stderr]).toEqual([0, '']);
  expect(outcome.reports).toEqual([{ more: 0 }]);
});

test('a cluster: the workers have their connections from the primary', async () => {
  const outcome = await inChild(async ({ http, node, fs, require, report }) => {
    const cluster = require('node:cluster') as typeof import('node:cluster').default;
    const end = Math.min(fs.statSync(process.execPath).size, 3_000_000);
    if (cluster.isWorker) {
      const server = http.createServer(async (_request, response) => {
        response.setHeader('Connection', 'close');
        const { via } = await node.sendFile(response, process.execPath, { end });
        response.end();
        report({ via });
      });
      server.listen(0, '127.0.0.1');
      return;
    }
    const worker = cluster.fork();
    const port = await new Promise<number>((resolve) => worker.once('listening', (address) => resolve(address.port)));
    const length = await new Promise<number>((resolve) => {
      http.get({ port, host: '127.0.0.1', agent: false }, (response) => {
        let count = 0;
        response.on('data', (part) => {
          count += part.length;
        });
        response.on('end', () => resolve(count));
      });
    });
    report({ whole: length === end });
    worker.disconnect();
  });
  expect([outcome.code, outcome.stderr]).toEqual([0, '']);
  expect(outcome.reports).toContainEqual({ via: 'sendfile' });
  expect(outcome.reports).toContainEqual({ whole: true });
});

test("under Node's permission model a path is opened by node:fs, which refuses what is not allowed", async () => {
  const { allowedNodeEnvironmentFlags: known } = process;
  const flags = [
    known.has('--permission') ? '--permission' : '--experimental-permission',
    '--allow-addons',
    '--allow-fs-read=/', // to load a test needs some files of the system as well
    ...(known.has('--allow-net') ? ['--allow-net'] : []),
  ];
  const { reports, stderr } = await inChild(
    ({ net, node, require, report }) => {
      const opened: unknown[] = [];
      const fs = require('node:fs') as typeof import('node:fs');
      const { open } = fs;
      // What node:fs opens, it has been asked whether it may.
      fs.open = ((path: string, ...rest: unknown[]) => {
        opened.push(path);
        return (open as (...args: unknown[]) => void)(path, ...rest);
      }) as typeof open;
      const server = net.createServer(async (socket) => {
        await node.sendFile(socket, '/etc/passwd');
        report(opened);
        process.exit();
      });
      server.listen(0, '127.0.0.1', () => net.connect((server.address() as { port: number }).port, '127.0.0.1'));
    },
    { execArgv: flags },
  );
  expect(reports, stderr).toEqual([['/etc/passwd']]);
});
