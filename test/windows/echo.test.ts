// A thousand connections at once: every byte comes back on the connection that it was sent on, and no completion is
// lost or comes twice. Once through the Reactor and readiness, once through overlapped calls alone. The clients are in
// the same process, so that the order of things is of one thread and each packet can be accounted for.
import { Acceptor, Interest, type Reactor, WOULD_BLOCK } from 'fdreactor';
import { acceptEx, CompletionEntries, type CompletionPort, Overlapped, wsaRecv, wsaSend } from 'fdreactor/iocp';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { contractTest } from '../helpers/contract.js';
import { newPort } from '../helpers/iocp/packets.js';
import { own } from '../helpers/owned.js';
import { listen } from '../helpers/pairs.js';
import { patience } from '../helpers/patience.js';
import { turnUntil } from '../helpers/wait.js';

const CONNECTIONS = 1000;
const ROUNDS = 3;
const MESSAGE = 64;

/** What the client of that number says in that round: no other client says the same. */
function message(client: number, round: number): Buffer {
  return Buffer.from(`client ${client} round ${round} `.padEnd(MESSAGE, '.'));
}

/** A client by readiness: says its words, awaits them back, and so on; counts down `left` at its end. */
function startClient(reactor: Reactor, port: number, number: number, left: { count: number }): void {
  const fd = own(socket.connectTcp({ host: '127.0.0.1', port }));
  const buffer = Buffer.alloc(MESSAGE);
  let round = 0;
  let filled = 0;
  const registration = reactor.register(fd, Interest.WRITABLE, () => {
    if (registration.interest === Interest.WRITABLE) {
      const error = socket.takeError(fd);
      if (error !== null) throw error;
      if (socket.send(fd, message(number, round)) !== MESSAGE) throw new Error('a part of 64 bytes was sent');
      registration.modify(Interest.READABLE);
      return;
    }
    const n = socket.recv(fd, buffer, filled);
    if (n === WOULD_BLOCK) return;
    if (n === 0) throw new Error(`connection ${number} was closed`);
    filled += n;
    if (filled < MESSAGE) return;
    expect(buffer.equals(message(number, round))).toBe(true);
    filled = 0;
    if (++round < ROUNDS) registration.modify(Interest.WRITABLE);
    else {
      left.count--;
      registration.modify(0);
    }
  });
}

contractTest(
  'a thousand connections through the Reactor',
  ({ reactor }) => {
    const { listener, port } = listen('127.0.0.1', { backlog: 4096 });
    const buffer = Buffer.alloc(65536);
    let echoed = 0;
    const acceptor = new Acceptor(reactor, listener, (fd) => {
      own(fd);
      reactor.register(fd, Interest.READABLE, (_, connection) => {
        const n = socket.recv(fd, buffer);
        if (n === WOULD_BLOCK) return;
        if (n === 0) {
          connection.close();
          return;
        }
        if (socket.send(fd, buffer, 0, n) !== n) throw new Error('a part was sent');
        echoed += n;
      });
    });
    const left = { count: CONNECTIONS };
    for (let i = 0; i < CONNECTIONS; i++) {
      startClient(reactor, port, i, left);
      if (i % 50 === 49) reactor.poll(0); // or the listener's queue would overflow
    }
    turnUntil(reactor, () => left.count === 0, 60_000);
    expect(acceptor.accepted).toBe(CONNECTIONS);
    expect(echoed).toBe(CONNECTIONS * ROUNDS * MESSAGE);
    expect(reactor.metrics().staleEvents).toBe(0);
    acceptor.close();
  },
  { timeoutMs: 90_000 },
);

/** What is to come out of the port: each operation is begun once for each packet that it is told of. */
class Ledger {
  begun = 0;
  done = 0;
  readonly #open = new Set<Overlapped>();

  begin(overlapped: Overlapped, result: number): void {
    if (result !== WOULD_BLOCK) throw new Error(`done at once: ${result}`);
    if (this.#open.has(overlapped)) throw new Error('begun twice');
    this.#open.add(overlapped);
    this.begun++;
  }

  end(overlapped: Overlapped | null): Overlapped {
    if (overlapped === null || !this.#open.delete(overlapped)) throw new Error('a packet that no call waits for');
    this.done++;
    return overlapped;
  }

  get open(): number {
    return this.#open.size;
  }
}

type Step = (bytes: number) => void;

/** An echo by overlapped calls: accepts, and for each connection receive, send, receive ... until its end. */
function startServer(port: CompletionPort, listener: number, ledger: Ledger): void {
  port.associate(listener, 0);
  const accept = (): void => {
    const fd = own(socket.socket(socket.constants.AF_INET, socket.constants.SOCK_STREAM, 0));
    const accepted = new Overlapped<Step>(() => {
      serve(fd);
      accept();
    });
    ledger.begin(accepted, acceptEx(listener, fd, accepted));
  };
  const serve = (fd: number): void => {
    const buffer = Buffer.alloc(256);
    port.associate(fd, fd);
    const receiving = new Overlapped<Step>();
    const sending = new Overlapped<Step>(() => receive());
    const receive = (): void => ledger.begin(receiving, wsaRecv(fd, buffer, receiving));
    receiving.data = (bytes) => {
      if (bytes === 0) socket.close(fd);
      else ledger.begin(sending, wsaSend(fd, buffer.subarray(0, bytes), sending));
    };
    receive();
  };
  for (let i = 0; i < 64; i++) accept();
}

test(
  'a thousand connections through overlapped calls',
  () => {
    const port = newPort();
    const ledger = new Ledger();
    const { listener, port: number } = listen('127.0.0.1', { backlog: 4096 });
    startServer(port, listener, ledger);
    const entries = new CompletionEntries(128);
    const turn = (timeoutMs: number): void => {
      const count = port.wait(entries, timeoutMs);
      for (let i = 0; i < count; i++) {
        const error = entries.error(i);
        if (error !== null) throw error;
        (ledger.end(entries.overlapped(i)) as Overlapped<Step>).data(entries.bytes(i));
      }
    };
    const clients: number[] = [];
    for (let i = 0; i < CONNECTIONS; i++) {
      clients.push(own(socket.connectTcp({ host: '127.0.0.1', port: number })));
      turn(0);
    }
    talk(clients, turn);
    for (const fd of clients) socket.close(fd);
    const accepts = 64;
    const end = performance.now() + patience(10_000);
    while (ledger.open > accepts && performance.now() < end) turn(20);
    expect(ledger.open).toBe(accepts);
    // An accept, a receive and a send for each round, and the receive of the end, of each connection.
    expect(ledger.done).toBe(CONNECTIONS * (1 + 2 * ROUNDS + 1));
    expect(port.pending).toBe(accepts);
  },
  patience(90_000),
);

/** Every client says its words and awaits them, all at once, round by round. */
function talk(clients: readonly number[], turn: (timeoutMs: number) => void): void {
  const end = performance.now() + patience(60_000);
  const buffer = Buffer.alloc(MESSAGE);
  for (let round = 0; round < ROUNDS; round++) {
    const silent = new Set(clients.keys());
    const waiting = new Map<number, Buffer>();
    while (silent.size > 0 || waiting.size > 0) {
      for (const i of silent) {
        if (!trySend(clients[i] as number, message(i, round))) continue;
        silent.delete(i);
        waiting.set(i, Buffer.alloc(0));
      }
      for (const [i, got] of waiting) {
        const n = socket.recv(clients[i] as number, buffer);
        if (n === WOULD_BLOCK) continue;
        const all = Buffer.concat([got, buffer.subarray(0, n)]);
        if (all.length < MESSAGE) waiting.set(i, all);
        else {
          expect(all.equals(message(i, round))).toBe(true);
          waiting.delete(i);
        }
      }
      turn(1);
      if (performance.now() > end) throw new Error(`round ${round}: ${silent.size} silent, ${waiting.size} waiting`);
    }
  }
}

/** A connection that is still under way is tried again. */
function trySend(fd: number, bytes: Buffer): boolean {
  try {
    return socket.send(fd, bytes) === bytes.length;
  } catch (error) {
    if ((error as { code: string }).code === 'ENOTCONN') return false;
    throw error;
  }
}
