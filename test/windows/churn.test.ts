// Connections made and closed by the ten thousand leave no handle behind: GetProcessHandleCount is flat.
// FDREACTOR_CHURN says how many; a hundred thousand by default on Windows, a tenth of it under Wine, which needs a
// millisecond for each.
import { Acceptor, Interest, type Reactor } from 'fdreactor';
import { acceptEx, CompletionEntries, Overlapped } from 'fdreactor/iocp';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { contractTest } from '../helpers/contract.js';
import { handleCount } from '../helpers/fixtures/open-handles.mjs';
import { newPort } from '../helpers/iocp/packets.js';
import { listen, reset } from '../helpers/pairs.js';
import { patience } from '../helpers/patience.js';
import { underWine } from '../helpers/platform.js';
import { turnUntil } from '../helpers/wait.js';

const TIMES = Number(process.env.FDREACTOR_CHURN ?? (underWine ? 10_000 : 100_000));
const WARM_UP = 500;
/** Node's own come and go; one in a thousand of the test's would show. */
const MAX_MORE = 10;
const timeoutMs = 20_000 + TIMES * 3;

/** Runs it often, and says how many handles there are more afterwards than after the first times. */
function grownBy(once: () => void): number {
  for (let i = 0; i < WARM_UP; i++) once();
  const before = handleCount();
  for (let i = 0; i < TIMES; i++) once();
  return handleCount() - before;
}

/** Connects, is registered, and resets as soon as it is connected: no port stays in TIME_WAIT. */
function visit(reactor: Reactor, port: number): () => void {
  return () => {
    const client = socket.connectTcp({ host: '127.0.0.1', port });
    let connected = false;
    const registration = reactor.register(client, Interest.WRITABLE, () => {
      connected = true;
    });
    turnUntil(reactor, () => connected);
    registration.deregister();
    reset(client);
  };
}

contractTest(
  `${TIMES} connections through the Reactor`,
  ({ reactor }) => {
    const { listener, port } = listen('127.0.0.1', { backlog: 200 });
    const acceptor = new Acceptor(reactor, listener, (fd) => {
      reactor.register(fd, Interest.READABLE, (_, registration) => registration.close());
    });
    const once = visit(reactor, port);
    const grown = grownBy(() => {
      once();
      turnUntil(reactor, () => reactor.size === 1);
    });
    expect(acceptor.accepted).toBe(WARM_UP + TIMES);
    expect(grown).toBeLessThanOrEqual(MAX_MORE);
    acceptor.close();
  },
  { timeoutMs },
);

test(
  `${TIMES} connections through acceptEx`,
  () => {
    const port = newPort();
    const { listener, port: number } = listen('127.0.0.1', { backlog: 200 });
    port.associate(listener, 1);
    const entries = new CompletionEntries(8);
    const overlapped = new Overlapped();
    let accepted = 0;
    const grown = grownBy(() => {
      const server = socket.socket(socket.constants.AF_INET, socket.constants.SOCK_STREAM, 0);
      acceptEx(listener, server, overlapped);
      const client = socket.connectTcp({ host: '127.0.0.1', port: number });
      expect(port.wait(entries, patience(5000))).toBe(1);
      if (entries.error(0) === null) accepted++;
      reset(client);
      socket.close(server);
    });
    expect(accepted).toBe(WARM_UP + TIMES);
    expect(grown).toBeLessThanOrEqual(MAX_MORE);
  },
  patience(timeoutMs),
);
