// What a connection takes whose read is pending: its objects and its promise, and nothing else.
import { expect, test } from 'vitest';
import { reportOf } from '../../helpers/child.js';
import { holds } from '../../helpers/needs.js';
import { patience } from '../../helpers/patience.js';
import { connectionBackends } from '../../helpers/streams/backends.js';

const COUNT = 1000;
const MOST_BYTES = 700;
const conditions = {
  needs: 'attach',
  notInBun: 'its heap is not told by process.memoryUsage() after a collection',
  notInDeno: 'its heap is not told by process.memoryUsage() after a collection',
} as const;

if (connectionBackends.length > 0 && holds('a pending read', conditions)) {
  test(
    `a pending read takes at most ${MOST_BYTES} bytes, with its connection`,
    async () => {
      const { each } = await reportOf(
        async ({ args: { count }, async: { listen }, report, Reactor, socket }) => {
          const reactor = new Reactor();
          reactor.attach();
          const address = { host: '127.0.0.1', port: 0 };
          const server = listen(reactor, { ...address, backlog: 2 * count });
          const peers = new Array(count + 10).fill(0);
          const connections = new Array(count + 10).fill(null);
          const reads = new Array(count + 10).fill(null);
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
          const before = await open(0, 10);
          report({ each: ((await open(10, 10 + count)) - before) / count });
          process.exit(0);
        },
        { args: { count: COUNT }, execArgv: ['--expose-gc'] },
      );
      expect(each).toBeGreaterThan(100);
      expect(each).toBeLessThanOrEqual(MOST_BYTES);
    },
    patience(20_000),
  );
}
