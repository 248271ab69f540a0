// Two connections whose peers are fds of the test, and bytes that go through them.
import { createHash, type Hash, randomBytes } from 'node:crypto';
import { capabilities, Reactor, WOULD_BLOCK } from 'fdreactor';
import { Connection, type ConnectionHandlers, type ConnectionOptions, type Piping } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { dispose } from '../../helpers/owned.js';
import { socketPair, tcpPair } from '../../helpers/pairs.js';
import { patience } from '../../helpers/patience.js';
import { turnUntil } from '../../helpers/wait.js';

export type Via = 'splice' | 'copy';

/** What a piping can use here. Copying is tried everywhere. */
export const ways: Via[] = capabilities().splice ? ['splice', 'copy'] : ['copy'];

/** As if the engine could not move bytes: its connections copy. */
export function copyOnly(reactor: Reactor): void {
  const [a] = socketPair();
  const connection = new Connection(reactor, a, {});
  const { streams } = (connection as unknown as { kind: { streams: { pipings: object } } }).kind;
  Object.defineProperty(streams.pipings, 'canPipe', { value: false });
  connection.close();
}

export function newReactor(via: Via): Reactor {
  const reactor = dispose(new Reactor());
  if (via === 'copy') copyOnly(reactor);
  return reactor;
}

export interface Side {
  connection: Connection;
  /** The other end, which is the test's. */
  peer: number;
  events: string[];
}

/** A connection whose events are noted. */
export function side(
  reactor: Reactor,
  [fd, peer]: [number, number] = tcpPair(),
  handlers: ConnectionHandlers = {},
  options: ConnectionOptions = {},
): Side {
  const events: string[] = [];
  const note: ConnectionHandlers = {
    ...handlers,
    data: (self, bytes) => {
      events.push(bytes.toString('latin1'));
      handlers.data?.(self, bytes);
    },
    error: (self, error) => {
      events.push((error as NodeJS.ErrnoException).code ?? error.message);
      handlers.error?.(self, error);
    },
    close: (self, error) => {
      events.push('close');
      handlers.close?.(self, error);
    },
  };
  return { connection: new Connection(reactor, fd, note, options), peer, events };
}

export interface Pair {
  reactor: Reactor;
  source: Side;
  target: Side;
}

export function pair(via: Via, pairs = tcpPair, handlers: ConnectionHandlers = {}): Pair {
  const reactor = newReactor(via);
  return { reactor, source: side(reactor, pairs(), handlers), target: side(reactor, pairs(), handlers) };
}

/** Reads what has come. */
export class Reader {
  readonly #fd: number;
  readonly #hash: Hash = createHash('sha1');
  readonly #buffer = Buffer.alloc(65_536);
  bytes = 0;
  /** The first of them. */
  text = '';
  ended = false;
  error = '';

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Reads about `most`; returns itself. */
  read(most = Number.POSITIVE_INFINITY): this {
    for (let left = most; left > 0 && !this.ended && this.error === ''; ) {
      const count = this.#readOnce(Math.min(left, this.#buffer.length));
      if (count === WOULD_BLOCK) break;
      left -= Math.max(count, 1);
    }
    return this;
  }

  #readOnce(most: number): number {
    try {
      const count = socket.read(this.#fd, this.#buffer, 0, most);
      if (count === 0) this.ended = true;
      if (count <= 0) return count;
      const bytes = this.#buffer.subarray(0, count);
      this.#hash.update(bytes);
      this.bytes += count;
      if (this.text.length < 1000) this.text += bytes.toString('latin1');
      return count;
    } catch (error) {
      this.error = (error as NodeJS.ErrnoException).code as string;
      return 0;
    }
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}

/** Writes so many bytes, as there is room. */
export class Writer {
  readonly #fd: number;
  readonly #hash: Hash = createHash('sha1');
  readonly #block = randomBytes(1 << 20);
  readonly #total: number;
  bytes = 0;

  constructor(fd: number, total: number) {
    this.#fd = fd;
    this.#total = total;
  }

  get done(): boolean {
    return this.bytes === this.#total;
  }

  /** Writes what there is room for, at most so many; returns itself. */
  write(limit = Number.POSITIVE_INFINITY): this {
    for (let left = limit; left > 0 && !this.done; ) {
      const at = this.bytes % this.#block.length;
      const most = Math.min(this.#block.length - at, this.#total - this.bytes, left);
      const count = socket.write(this.#fd, this.#block, at, most);
      if (count === WOULD_BLOCK) break;
      left -= count;
      this.#hash.update(this.#block.subarray(at, at + count));
      this.bytes += count;
    }
    return this;
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}

/** Turns without a wait, for what the test itself writes and reads in between. */
export function moveUntil(reactor: Reactor, condition: () => boolean, withinMs = 5000): void {
  const end = performance.now() + patience(withinMs);
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${condition}`);
    reactor.poll(0);
  }
}

/** Turns until the piping has moved what was sent before this call, so that it goes as it can by now. */
export function warm(reactor: Reactor, piping: Piping, from: number, to: number): void {
  for (let i = 0; i < 2; i++) {
    socket.write(from, Buffer.from('w'));
    const reader = new Reader(to);
    turnUntil(reactor, () => reader.read().bytes === 1);
  }
  turnUntil(reactor, () => piping.bytes >= 2);
}

/** Writes until both the piping and its target take no more. Returns the writer. */
export function clog(reactor: Reactor, from: number): Writer {
  const writer = new Writer(from, Number.MAX_SAFE_INTEGER);
  for (let still = 0; still < 20; still++) {
    const before = writer.bytes;
    writer.write();
    reactor.poll(1);
    if (writer.bytes > before) still = 0;
  }
  return writer;
}
