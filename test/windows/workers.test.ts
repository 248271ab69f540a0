// Workers that end with overlapped operations pending: at once, and with nothing left open.
import { expect, test } from 'vitest';
import { reportOf, type Toolbox } from '../helpers/child.js';
import { patience } from '../helpers/patience.js';

type Body = (toolbox: Toolbox) => void;

/** Ways to have operations pending; each says 'ready' just before it waits. */
const busy: Record<string, Body> = {
  'blocked in wait(-1) with receives pending': ({ iocp, socket, workerThreads }) => {
    const port = new iocp.CompletionPort();
    for (let i = 0; i < 20; i++) {
      const [a] = socket.socketpair();
      port.associate(a, i);
      iocp.wsaRecv(a, new Uint8Array(4096), new iocp.Overlapped());
    }
    workerThreads.parentPort?.postMessage('ready');
    for (;;) port.wait(new iocp.CompletionEntries(8), -1);
  },
  'blocked in wait(-1) with nothing pending': ({ iocp, workerThreads }) => {
    const port = new iocp.CompletionPort();
    workerThreads.parentPort?.postMessage('ready');
    for (;;) port.wait(new iocp.CompletionEntries(8), -1);
  },
  'idle with accepts, sends and polls pending, into shared memory too': ({ iocp, socket, workerThreads }) => {
    const port = new iocp.CompletionPort();
    const listener = socket.listenTcp({ host: '127.0.0.1', port: 0 });
    port.associate(listener, 1);
    const { AF_INET, SOCK_STREAM } = socket.constants;
    for (let i = 0; i < 5; i++) {
      iocp.acceptEx(listener, socket.socket(AF_INET, SOCK_STREAM, 0), new iocp.Overlapped());
    }
    const [a, b] = socket.socketpair();
    port.associate(a, 2);
    iocp.wsaRecv(a, new Uint8Array(new SharedArrayBuffer(4096)), new iocp.Overlapped());
    for (let i = 0; i < 50; i++) iocp.wsaSend(a, new Uint8Array(2 ** 20), new iocp.Overlapped());
    iocp.afdPoll(b, iocp.AFD_POLL_DISCONNECT, new iocp.Overlapped(), port);
    workerThreads.parentPort?.postMessage('ready');
    setInterval(() => {}, 1000);
  },
  'running a reactor with operations on its port': ({ Reactor, Interest, iocp, socket, workerThreads }) => {
    const reactor = new Reactor();
    const port = iocp.portOf(reactor, () => {});
    const [a, b] = socket.socketpair();
    port.associate(a, 1);
    iocp.wsaRecv(a, new Uint8Array(16), new iocp.Overlapped());
    reactor.register(b, Interest.READABLE, () => {});
    workerThreads.parentPort?.postMessage('ready');
    reactor.run();
  },
  'beginning and ending operations all the while': ({ iocp, socket, workerThreads }) => {
    const port = new iocp.CompletionPort();
    const entries = new iocp.CompletionEntries(8);
    const [a, b] = socket.socketpair();
    port.associate(a, 1);
    workerThreads.parentPort?.postMessage('ready');
    for (;;) {
      iocp.wsaRecv(a, new Uint8Array(64), new iocp.Overlapped());
      socket.send(b, new Uint8Array(10));
      port.wait(entries, -1);
    }
  },
  'transmitting a file to a peer that does not read': ({ iocp, socket, workerThreads }) => {
    const port = new iocp.CompletionPort();
    const [a] = socket.socketpair();
    port.associate(a, 1);
    iocp.transmitFile(a, iocp.openFile(process.execPath), new iocp.Overlapped());
    workerThreads.parentPort?.postMessage('ready');
    for (;;) port.wait(new iocp.CompletionEntries(8), -1);
  },
};

test.each(Object.entries(busy))('terminated while %s: ends within a second, leaves nothing open', async (_, body) => {
  const { tookMs, leaked, more } = await reportOf(
    async ({ startWorker, openFds, handleCount, report, args }) => {
      const one = async (): Promise<number> => {
        const worker = startWorker({ toString: () => args } as unknown as Body);
        worker.on('error', (error) => report({ error: String(error) }));
        await new Promise((resolve) => worker.once('message', resolve));
        await new Promise((resolve) => setTimeout(resolve, 60)); // it is in its wait by now
        const start = performance.now();
        await worker.terminate();
        return performance.now() - start;
      };
      for (let i = 0; i < 3; i++) await one();
      const before = { fds: openFds(), handles: handleCount() };
      const times: number[] = [];
      for (let i = 0; i < 3; i++) times.push(await one());
      const leaked = openFds().filter((fd) => !before.fds.includes(fd));
      report({ tookMs: Math.max(...times), leaked, more: handleCount() - before.handles });
      process.exit(0);
    },
    { args: String(body), timeoutMs: 30_000 },
  );
  expect(leaked).toEqual([]);
  expect(more).toBeLessThan(9); // three workers: one handle each would be at least that, with its sockets
  expect(tookMs).toBeLessThan(patience(1000));
});

test('a process that exits with operations pending ends at once, with its code', async () => {
  const code = await reportOf(({ iocp, socket, childProcess, report }) => {
    const source = `
      import * as iocp from 'fdreactor/iocp';
      import * as socket from 'fdreactor/socket';
      const port = new iocp.CompletionPort();
      for (let i = 0; i < 10; i++) {
        const [a] = socket.socketpair();
        port.associate(a, 1);
        iocp.wsaRecv(a, new Uint8Array(4096), new iocp.Overlapped());
        iocp.wsaSend(a, new Uint8Array(2 ** 22), new iocp.Overlapped());
      }
      process.exit(7);`;
    if (!iocp.supported || socket === undefined) throw new Error('no completion ports');
    const { status } = childProcess.spawnSync(process.execPath, ['--input-type=module', '-e', source], {
      timeout: 20_000,
    });
    report(status);
  });
  expect(code).toBe(7);
});
