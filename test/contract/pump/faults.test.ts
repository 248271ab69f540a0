// Pump under injected faults: limits of pipes, calls that are interrupted or cut short.
import { expect, test } from 'vitest';
import { reportOf, type Toolbox } from '../../helpers/child.js';

/** Proxies 1 MiB under the faults in `args`; says what arrived. */
const proxy = ({ socket, transfer, injectFaults, report, outcomeOf, args }: Toolbox): void => {
  const [client, front] = socket.socketpair();
  const [back, server] = socket.socketpair();
  const pool = new transfer.PipePool();
  const pump = new transfer.Pump(front, back, { pool });
  const stop = injectFaults(...args);
  const block = Buffer.alloc(1000);
  const received = Buffer.alloc(2000);
  let [sent, got, wrong] = [0, 0, 0];
  const outcome = outcomeOf(() => {
    while (got < 2 ** 20) {
      for (let i = 0; i < block.length; i++) block[i] = (sent + i) % 251;
      sent += sent < 2 ** 20 ? Math.max(0, socket.write(client, block, 0, Math.min(1000, 2 ** 20 - sent))) : 0;
      pump.move();
      const n = socket.read(server, received);
      for (let i = 0; i < n; i++) if (received[i] !== (got + i) % 251) wrong++;
      got += Math.max(0, n);
    }
  });
  stop(); // Node's own exit calls fcntl, and takes no failure of it
  report({ ...outcome, got, wrong, pending: pump.pending });
  process.exit(0);
};

test.each(['EPERM', 'EBUSY', 'EINVAL'])('a pipe that may not grow (%s) is used as it is', async (code) => {
  const result = await reportOf(proxy, { args: [['fcntl', `error=${code}`]] });
  expect(result).toEqual({ got: 2 ** 20, wrong: 0, pending: 0 });
});

test('EINTR at every second splice is not seen', async () => {
  const result = await reportOf(proxy, { args: [['splice', 'error=EINTR', '1+2']] });
  expect(result).toEqual({ got: 2 ** 20, wrong: 0, pending: 0 });
});

test('EAGAIN at every third splice delays, and loses nothing', async () => {
  const result = await reportOf(proxy, { args: [['splice', 'error=EAGAIN', '1+3']] });
  expect(result).toEqual({ got: 2 ** 20, wrong: 0, pending: 0 });
});

test('no fds for a pipe (EMFILE): the error comes out of move, and the next move works', async () => {
  const result = await reportOf(({ socket, transfer, injectFaults, report, outcomeOf }) => {
    const [client, front] = socket.socketpair();
    const [back] = socket.socketpair();
    const pump = new transfer.Pump(front, back, { pool: new transfer.PipePool() });
    socket.send(client, new Uint8Array(10));
    const stop = injectFaults(['pipe2', 'error=EMFILE']);
    const first = outcomeOf(() => pump.move());
    stop();
    report({ first, second: pump.move() });
    process.exit(0);
  });
  expect(result.first.error).toMatchObject({ code: 'EMFILE', syscall: expect.stringMatching(/^pipe2?$/) });
  expect(result.second).toBe(10);
});

test('pipes shrunk to a page by the limit of the user (pipe-user-pages-soft) still carry everything', async () => {
  // What the kernel gives above the limit is two pages, or one; F_SETPIPE_SZ then fails with EPERM for ordinary users.
  const result = await reportOf(({ socket, transfer, report }) => {
    const [client, front] = socket.socketpair();
    const [back, server] = socket.socketpair();
    const pump = new transfer.Pump(front, back, { pool: new transfer.PipePool({ pipeBytes: 1 }) });
    let got = 0;
    for (let i = 0; i < 50; i++) {
      socket.send(client, new Uint8Array(20_000));
      pump.move();
      while (pump.pending > 0) pump.move();
      got += socket.recv(server, new Uint8Array(65536));
    }
    report({ got, bytes: pump.bytes });
    process.exit(0);
  });
  expect(result.bytes).toBe(1_000_000);
});
