// Load: HTTP clients on connections, as many as asked for, that never stop. It counts what went wrong: a request
// without its answer, a reset, a connection that was refused. What a server may do by the protocol is not a failure: it
// closes after `Connection: close`, and does not answer the requests behind that one, which a client repeats (RFC 9112,
// 9.3.2).
import { Reactor } from 'fdreactor';
import { type Connection, type ConnectionHandlers, connect } from 'fdreactor/connection';
import { onTestFinished } from 'vitest';

export type LoadKind = 'keep-alive' | 'thinking' | 'connection' | 'pipelined' | 'slow-body';

const THINK_MS = 20;
const PIPELINED = 4;
const BODY_PARTS = 4;
const GET = 'GET / HTTP/1.1\r\nHost: t\r\n';
const POST = `POST / HTTP/1.1\r\nHost: t\r\nContent-Length: ${BODY_PARTS * 3}\r\n`;

interface Client {
  kind: LoadKind;
  /** Sent, and not answered. */
  pending: number;
  /** The server has said that it closes. */
  isLast: boolean;
  text: string;
}

export class Load implements ConnectionHandlers<Client> {
  readonly #reactor: Reactor;
  readonly #port: number;
  #isStopping = false;
  /** Requests that were answered. */
  answered = 0;
  /** Connections that were made anew, as the protocol has it. */
  reconnected = 0;
  /** Requests that were sent again, because they stood behind the last one that was answered. */
  repeated = 0;
  readonly failures: string[] = [];
  /** The longest time without any answer. */
  longestGapMs = 0;
  #lastAnswerMs = performance.now();
  #open = 0;

  constructor(port: number, count: number, kinds: readonly LoadKind[]) {
    this.#reactor = new Reactor();
    this.#reactor.attach();
    onTestFinished(() => this.#reactor.close());
    this.#port = port;
    for (let i = 0; i < count; i++) this.#connect(kinds[i % kinds.length] as LoadKind);
  }

  /** Ends: no new requests; resolves when all connections are closed. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    while (this.#open > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    this.#reactor.close();
  }

  /** Forgets the gaps until now. */
  resetGap(): void {
    this.longestGapMs = 0;
    this.#lastAnswerMs = performance.now();
  }

  #connect(kind: LoadKind): void {
    const connection = connect<Client>(this.#reactor, { host: '127.0.0.1', port: this.#port }, this);
    connection.data = { kind, pending: 0, isLast: false, text: '' };
    this.#open++;
  }

  open(connection: Connection<Client>): void {
    this.#send(connection);
  }

  data(connection: Connection<Client>, bytes: Uint8Array): void {
    const client = connection.data;
    client.text += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    for (;;) {
      const end = client.text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = client.text.slice(0, end);
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
      if (client.text.length < end + 4 + length) return;
      client.text = client.text.slice(end + 4 + length);
      this.#answeredOne(connection, head);
      if (connection.closed || connection.ending) return;
    }
  }

  end(connection: Connection<Client>): void {
    connection.end();
  }

  error(connection: Connection<Client>, error: Error): void {
    this.#fail(connection, error.message);
  }

  close(connection: Connection<Client>, error: unknown): void {
    const client = connection.data;
    this.#open--;
    if (error === null && client.isLast) this.repeated += client.pending;
    else if (error === null && client.pending > 0) this.#fail(connection, 'closed without an answer');
    if (this.#isStopping) return;
    if (client.kind !== 'connection') this.reconnected++;
    this.#connect(client.kind);
  }

  #fail({ data, bytesRead, bytesWritten }: Connection<Client>, what: string): void {
    this.failures.push(`${data.kind}: ${what} (${data.pending} pending, ${bytesWritten} sent, ${bytesRead} read)`);
  }

  #answeredOne(connection: Connection<Client>, head: string): void {
    const client = connection.data;
    const now = performance.now();
    this.longestGapMs = Math.max(this.longestGapMs, now - this.#lastAnswerMs);
    this.#lastAnswerMs = now;
    this.answered++;
    client.pending--;
    if (!head.startsWith('HTTP/1.1 200 ')) this.#fail(connection, head);
    client.isLast = /connection: close/i.test(head);
    if (client.isLast || (this.#isStopping && client.pending === 0)) {
      client.isLast = true;
      connection.end();
    } else if (client.pending > 0) return;
    else if (client.kind === 'thinking') this.#later(connection, () => this.#send(connection));
    else this.#send(connection);
  }

  #send(connection: Connection<Client>): void {
    const { data } = connection;
    const { kind } = data;
    if (this.#isStopping) {
      connection.end();
      return;
    }
    data.pending = kind === 'pipelined' ? PIPELINED : 1;
    if (kind === 'slow-body') this.#sendBody(connection);
    else if (kind === 'pipelined') connection.write(`${GET}\r\n`.repeat(PIPELINED));
    else connection.write(kind === 'connection' ? `${GET}Connection: close\r\n\r\n` : `${GET}\r\n`);
  }

  #sendBody(connection: Connection<Client>): void {
    let left = BODY_PARTS;
    connection.write(`${POST}\r\n`);
    const part = (): void => {
      connection.write('abc');
      if (--left > 0) this.#later(connection, part);
    };
    part();
  }

  #later(connection: Connection<Client>, act: () => void): void {
    this.#reactor.setTimer(THINK_MS, () => {
      if (!connection.closed && !connection.ending) act();
    });
  }
}
