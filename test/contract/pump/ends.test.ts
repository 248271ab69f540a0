// How a Pump ends: with a file or a pipe as its destination, by an error of either side, and on fds that came as
// blocking ones.
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Interest, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { PipePool, Pump } from 'fdreactor/transfer';
import { expect } from 'vitest';
import { reportOf } from '../../helpers/child.js';
import { contractTest } from '../../helpers/contract.js';
import { dispose, own } from '../../helpers/owned.js';
import { fill, pipePair, recvAll, sendAll, socketPair, tcpPair } from '../../helpers/pairs.js';
import { caught, expectSystemError } from '../../helpers/throws.js';
import { awaitReady } from '../../helpers/wait.js';

const needs = { needs: 'splice' } as const;
const newPool = (): PipePool => dispose(new PipePool());

function reset(fd: number): void {
  const linger = Buffer.alloc(8);
  linger.writeInt32LE(1, 0);
  socket.setsockopt(fd, socket.constants.SOL_SOCKET, socket.constants.SO_LINGER, linger);
  socket.close(fd);
}

contractTest(
  'to a pipe and to a file: all is delivered, and it is done',
  () => {
    const directory = mkdtempSync(join(tmpdir(), 'fdreactor-pump-'));
    const path = join(directory, 'target');
    const [readEnd, writeEnd] = pipePair();
    for (const destination of [writeEnd, own(openSync(path, 'w'))]) {
      const [client, front] = socketPair();
      sendAll(client, Buffer.from('to the last byte'));
      socket.close(client);
      const pump = dispose(new Pump(front, destination, { pool: newPool() }));
      expect(pump.move()).toBe(16);
      expect(pump).toMatchObject({ done: true, bytes: 16, pending: 0, sourceInterest: 0, destinationInterest: 0 });
      expect(pump.move()).toBe(0);
    }
    expect(readFileSync(path, 'latin1')).toBe('to the last byte');
    expect(recvAll(readEnd, 16).toString()).toBe('to the last byte');
    expect(socket.read(readEnd, new Uint8Array(1))).toBe(WOULD_BLOCK); // the end comes when the caller closes it
    rmSync(directory, { recursive: true });
  },
  needs,
);

contractTest(
  'from a pipe',
  () => {
    const [readEnd, writeEnd] = pipePair();
    const [back, server] = socketPair();
    const pump = dispose(new Pump(readEnd, back, { pool: newPool() }));
    socket.write(writeEnd, Buffer.from('through'));
    expect(pump.move()).toBe(7);
    socket.close(writeEnd);
    expect(pump.move()).toBe(0);
    expect(pump.done).toBe(true);
    expect(recvAll(server).toString()).toBe('through');
  },
  needs,
);

contractTest(
  'the source was reset: the pump stays failed, and the destination sees no end of the stream',
  () => {
    const [client, front] = tcpPair();
    const [back, server] = tcpPair();
    const pool = newPool();
    const pump = dispose(new Pump(front, back, { pool }));
    reset(client);
    awaitReady(front, Interest.READABLE);
    const error = caught(() => pump.move());
    expect(error).toMatchObject({ code: 'ECONNRESET', syscall: 'splice', fd: front });
    for (let again = 0; again < 3; again++) expect(caught(() => pump.move())).toBe(error);
    expect(pump).toMatchObject({ done: false, sourceInterest: 0, destinationInterest: 0 });
    expect(socket.recv(server, new Uint8Array(1))).toBe(WOULD_BLOCK);
    expect(pool.idle).toBe(1); // nothing was in its pipe
  },
  needs,
);

contractTest(
  'the destination was reset: the pump stays failed, waits for nothing, and its pipe is gone',
  () => {
    const [client, front] = socketPair();
    const [back, server] = socketPair();
    fill(back);
    const pool = newPool();
    const pump = dispose(new Pump(front, back, { pool }));
    sendAll(client, Buffer.from('lost'));
    pump.move();
    socket.close(server);
    const error = caught(() => pump.move());
    expect(error).toMatchObject({ code: expect.stringMatching(/^(EPIPE|ECONNRESET)$/), fd: back });
    sendAll(client, Buffer.from('more'));
    socket.close(client);
    for (let again = 0; again < 3; again++) expect(caught(() => pump.move())).toBe(error);
    expect(pump).toMatchObject({ done: false, pending: 4, bytes: 0, sourceInterest: 0, destinationInterest: 0 });
    expect(pool.idle).toBe(0);
  },
  needs,
);

contractTest(
  'what splice(2) does not take is final as well; a number that is not open is refused at once',
  () => {
    const [client, front] = socketPair();
    const [closed] = socketPair();
    socket.close(closed);
    expectSystemError(() => new Pump(front, closed), 'EBADF', { syscall: 'fcntl', fd: closed });
    expectSystemError(() => new Pump(closed, front), 'EBADF', { syscall: 'fcntl', fd: closed });
    const full = own(openSync('/dev/full', 'w'));
    sendAll(client, Buffer.from('x'));
    const pump = dispose(new Pump(front, full, { pool: newPool() }));
    const error = caught(() => pump.move());
    expect(error).toMatchObject({ code: 'EINVAL', syscall: 'splice', fd: full });
    expect(caught(() => pump.move())).toBe(error);
  },
  needs,
);

contractTest(
  'no memory in the kernel (ENOMEM, ENOBUFS) is told, and the next move goes on where it was',
  async () => {
    const results = await reportOf(({ socket: s, transfer, report, injectFaults, outcomeOf }) => {
      const results: Record<string, unknown> = {};
      for (const code of ['ENOMEM', 'ENOBUFS']) {
        for (const call of ['1', '2']) {
          const [client, front] = s.socketpair();
          const [back, server] = s.socketpair();
          s.send(client, Buffer.from('whole'));
          const pump = new transfer.Pump(front, back, { pool: new transfer.PipePool() });
          const stop = injectFaults(['splice', `error=${code}`, call]);
          const { error } = outcomeOf(() => pump.move());
          stop();
          const buffer = Buffer.alloc(9);
          const after = [pump.move(), buffer.toString('latin1', 0, s.recv(server, buffer))];
          results[`${code} ${call}`] = [error?.code, ...after];
        }
      }
      report(results);
      process.exit(0);
    });
    for (const code of ['ENOMEM', 'ENOBUFS']) {
      for (const call of ['1', '2']) expect(results[`${code} ${call}`]).toEqual([code, 5, 'whole']);
    }
  },
  { needs: ['splice', 'strace'] },
);

contractTest(
  'fds that came as blocking ones: it does not wait on either side',
  async () => {
    const result = await reportOf(({ socket: s, transfer, report }) => {
      const [client, front] = s.socketpair();
      const [back] = s.socketpair();
      for (const fd of [front, back]) s.setNonBlocking(fd, false);
      const pump = new transfer.Pump(front, back, { pool: new transfer.PipePool() });
      const idle = pump.move();
      const block = new Uint8Array(65536);
      while (pump.pending === 0) {
        s.send(client, block);
        pump.move();
      }
      report({ idle, modes: [front, back].map((fd) => s.isNonBlocking(fd)) });
      process.exit(0);
    });
    expect(result).toEqual({ idle: 0, modes: [true, true] });
  },
  needs,
);
