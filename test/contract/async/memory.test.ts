// What a connection takes whose read is pending: its objects and its promise, and nothing else.
import { expect } from 'vitest';
import { reportOf } from '../../helpers/child.js';
import { testWith } from '../../helpers/needs.js';
import { patience } from '../../helpers/patience.js';

const COUNT = 500;
const MOST_BYTES = 700;

testWith(
  { needs: 'attach' },
  `a pending read takes at most ${MOST_BYTES} bytes, with its connection`,
  async () => {
    const { each } = await reportOf(
      async ({ args: { count }, async: { listen }, report, Reactor, socket }) => {
        const reactor = new Reactor();
        reactor.attach();
        const address = { host: '127.0.0.1', port: 0 };
        const server = listen(reactor, { ...address, backlog: 511 });
        const peers = new Array(4 * count).fill(0);
        const connections = new Array(4 * count).fill(null);
        const reads = new Array(4 * count).fill(null);
        const buffer = new Uint8Array(100);
        const taken = server[Symbol.asyncIterator]();
        const open = async (from: number, to: number): Promise<number> => {
          for (let i = from; i < to; i++) {
            peers[i] = socket.connectTcp({ ...address, port: server.port });
            connections[i] = (await taken.next()).value;
            reads[i] = connections[i].read(buffer);
          }
          for (let i = 0; i < 3; i++) {
            await new Promise((resolve) => setTimeout(resolve, 10));
            globalThis.gc?.();
          }
          return process.memoryUsage().heapUsed;
        };
        // Of several steps the smallest: beside them code is compiled, and tables grow.
        let before = await open(0, count);
        let each = Number.POSITIVE_INFINITY;
        for (let step = 1; step < 4; step++) {
          const after = await open(step * count, (step + 1) * count);
          each = Math.min(each, (after - before) / count);
          before = after;
        }
        report({ each });
        process.exit(0);
      },
      { args: { count: COUNT }, execArgv: ['--expose-gc'] },
    );
    expect(each).toBeGreaterThan(100);
    expect(each).toBeLessThanOrEqual(MOST_BYTES);
  },
  patience(20_000),
);
