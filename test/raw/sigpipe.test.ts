// SIGPIPE never reaches the process, whatever its disposition: Node ignores it at start, so a child first resets it
// to the default, which would kill, and then writes to dead peers in every way there is.
import { capabilities } from 'fdreactor';
import { expect, test } from 'vitest';
import { inChild } from '../helpers/child.js';
import { testWith } from '../helpers/needs.js';

const notInBun = 'its event loop waits with no signal blocked, so that a SIGPIPE that was held back comes then';

for (const disposition of ['default', 'handled']) {
  testWith({ notInBun }, `every write path to a dead peer is an EPIPE, with SIGPIPE ${disposition}`, async () => {
    const outcome = await inChild(
      ({ capabilities, socket, transfer, fs, report, outcomeOf, args }) => {
        let caughtSignals = 0;
        const handler = (): void => {
          caughtSignals++;
        };
        process.on('SIGPIPE', handler);
        if (args === 'default') process.off('SIGPIPE', handler); // libuv leaves SIG_DFL behind, not SIG_IGN
        const byte = new Uint8Array(8);
        const file = fs.openSync(process.execPath, 'r');
        const deadPipe = (): number => {
          const [readEnd, writeEnd] = socket.pipe();
          socket.close(readEnd);
          return writeEnd;
        };
        const deadSocket = (): number => {
          const [a, b] = socket.socketpair();
          socket.close(b);
          return a;
        };
        const fullPipe = (): number => {
          const [readEnd, writeEnd] = socket.pipe();
          socket.write(writeEnd, byte);
          return readEnd;
        };
        const results: Record<string, unknown> = {};
        for (const [kind, dead] of [
          ['pipe', deadPipe],
          ['socket', deadSocket],
        ] as const) {
          const calls: Record<string, () => unknown> = {
            write: () => socket.write(dead(), byte),
            writev: () => socket.writev(dead(), [byte, byte]),
            sendfile: () => transfer.sendfile(dead(), file, 0, 100),
          };
          if (capabilities().splice) calls.splice = () => transfer.splice(fullPipe(), null, dead(), null, 8, 0);
          if (kind === 'socket') calls.send = () => socket.send(dead(), byte);
          else if (capabilities().splice) {
            calls.tee = () => transfer.tee(fullPipe(), dead(), 8, 0);
            calls.vmsplice = () => transfer.vmsplice(dead(), [byte], 0);
          }
          for (const [name, call] of Object.entries(calls))
            results[`${name} to a ${kind}`] = outcomeOf(call).error?.code;
        }
        setTimeout(() => {
          report({ results, caughtSignals });
          process.exit(0);
        }, 50);
      },
      { args: disposition },
    );
    expect(outcome).toMatchObject({ code: 0, signal: null });
    const { results, caughtSignals } = outcome.reports[0];
    expect(Object.keys(results)).toHaveLength(capabilities().splice ? 11 : 7);
    for (const [name, code] of Object.entries(results)) expect(code, name).toBe('EPIPE');
    expect(caughtSignals).toBe(0);
  });
}

test('in a worker thread too', async () => {
  const outcome = await inChild(({ startWorker, report }) => {
    const handler = (): void => {};
    process.on('SIGPIPE', handler).off('SIGPIPE', handler);
    const body = ({
      capabilities,
      socket,
      transfer,
      outcomeOf,
      workerThreads,
    }: typeof import('../helpers/fixtures/toolbox.mjs')) => {
      const dead = (): number => {
        const [readEnd, writeEnd] = socket.pipe();
        socket.close(readEnd);
        return writeEnd;
      };
      const [source, sourceIn] = socket.pipe();
      socket.write(sourceIn, new Uint8Array(8));
      workerThreads.parentPort?.postMessage([
        outcomeOf(() => socket.write(dead(), new Uint8Array(8))).error?.code,
        outcomeOf(() => {
          if (capabilities().splice) transfer.splice(source, null, dead(), null, 8, 0);
          else socket.writev(dead(), [new Uint8Array(8)]);
        }).error?.code,
      ]);
    };
    startWorker(body).on('message', report);
  });
  expect(outcome).toMatchObject({ code: 0, signal: null });
  expect(outcome.reports).toEqual([['EPIPE', 'EPIPE']]);
});

const inherited = 'its children inherit which signals are blocked; libuv starts them with none';
testWith({ notInBun: inherited, notInDeno: inherited }, 'a child of the process gets SIGPIPE as usual', async () => {
  const outcome = await inChild(({ socket, childProcess, report }) => {
    socket.socketpair();
    const { stdout } = childProcess.spawnSync('grep', ['SigBlk', '/proc/self/status'], { encoding: 'utf8' });
    report(stdout);
  });
  const blocked = /SigBlk:\s*([0-9a-f]+)/.exec(outcome.reports[0])?.[1] as string;
  expect(BigInt(`0x${blocked}`) & (1n << 12n)).toBe(0n); // SIGPIPE is 13
});
