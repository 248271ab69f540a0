// @ts-check
// HTTP clients that never stop, for servers that are reloaded. They count what went wrong: a request without its
// answer, a reset, a connection that was refused. What a server may do by the protocol is not a failure: it closes
// after `Connection: close`, and does not answer the requests behind that one. The client repeats these (RFC 9112,
// 9.3.2).
import { Reactor } from 'fdreactor';
import { connect } from 'fdreactor/connection';

/** @typedef {'keep-alive' | 'thinking' | 'connection' | 'pipelined' | 'slow-body'} ClientKind */
/**
 * @typedef {object} Client
 * @property {ClientKind} kind
 * @property {number} pending requests that were sent and not answered
 * @property {boolean} isLast the server has said that it closes
 * @property {number} unsent parts of a body that are still to be sent; a server may answer before it has them
 * @property {string} text
 */
/** @typedef {import('fdreactor/connection').Connection<Client>} Connection */

/** @type {readonly ClientKind[]} */
export const CLIENT_KINDS = ['keep-alive', 'thinking', 'connection', 'pipelined', 'slow-body'];

const THINK_MS = 20;
const PIPELINED = 4;
const BODY_PARTS = 4;
const GET = 'GET /hello HTTP/1.1\r\nHost: t\r\n';
const POST = `POST /hello HTTP/1.1\r\nHost: t\r\nContent-Length: ${BODY_PARTS * 3}\r\n`;

/** The handlers of its own connections. */
export class HttpClients {
  #reactor = new Reactor();
  #port;
  #isStopping = false;
  #lastAnswerMs = performance.now();
  #open = 0;
  /** Requests that were answered. */
  answered = 0;
  /** Connections that were made anew, as the protocol has it. */
  reconnected = 0;
  /** Requests that were sent again, because they stood behind the last one that was answered. */
  repeated = 0;
  /** @type {string[]} */
  failures = [];
  /** The longest time without any answer. */
  longestGapMs = 0;

  /** @param {number} port @param {number} count @param {readonly ClientKind[]} kinds in turn */
  constructor(port, count, kinds) {
    this.#reactor.attach();
    this.#port = port;
    for (let i = 0; i < count; i++) this.#connect(/** @type {ClientKind} */ (kinds[i % kinds.length]));
  }

  /** Sends no new requests; resolves when all connections are closed. */
  async stop() {
    this.#isStopping = true;
    while (this.#open > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    this.destroy();
  }

  /** Closes all at once. */
  destroy() {
    this.#isStopping = true;
    this.#reactor.close();
  }

  /** Forgets the gaps until now. */
  resetGap() {
    this.longestGapMs = 0;
    this.#lastAnswerMs = performance.now();
  }

  /** @param {ClientKind} kind */
  #connect(kind) {
    /** @type {Connection} */
    const connection = connect(this.#reactor, { host: '127.0.0.1', port: this.#port }, this);
    connection.data = { kind, pending: 0, isLast: false, unsent: 0, text: '' };
    this.#open++;
  }

  /** @param {Connection} connection */
  open(connection) {
    this.#send(connection);
  }

  /** @param {Connection} connection @param {Uint8Array} bytes */
  data(connection, bytes) {
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

  /** @param {Connection} connection */
  end(connection) {
    connection.end();
  }

  /** @param {Connection} connection @param {Error} error */
  error(connection, error) {
    this.#fail(connection, error.message);
  }

  /** @param {Connection} connection @param {unknown} error */
  close(connection, error) {
    const client = connection.data;
    this.#open--;
    if (error === null && client.isLast) this.repeated += client.pending;
    else if (error === null && client.pending > 0) this.#fail(connection, 'closed without an answer');
    if (this.#isStopping) return;
    if (client.kind !== 'connection') this.reconnected++;
    this.#connect(client.kind);
  }

  /** @param {Connection} connection @param {string} what */
  #fail({ data, bytesRead, bytesWritten }, what) {
    this.failures.push(`${data.kind}: ${what} (${data.pending} pending, ${bytesWritten} sent, ${bytesRead} read)`);
  }

  /** @param {Connection} connection @param {string} head */
  #answeredOne(connection, head) {
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
    } else if (client.pending > 0 || client.unsent > 0) return;
    else if (client.kind === 'thinking') this.#later(connection, () => this.#send(connection));
    else this.#send(connection);
  }

  /** @param {Connection} connection */
  #send(connection) {
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

  /** @param {Connection} connection */
  #sendBody(connection) {
    connection.data.unsent = BODY_PARTS;
    connection.write(`${POST}\r\n`);
    this.#sendPart(connection);
  }

  /** @param {Connection} connection */
  #sendPart(connection) {
    const client = connection.data;
    connection.write('abc');
    if (--client.unsent > 0) this.#later(connection, () => this.#sendPart(connection));
    else if (client.pending === 0) this.#send(connection);
  }

  /** @param {Connection} connection @param {() => void} act */
  #later(connection, act) {
    this.#reactor.setTimer(THINK_MS, () => {
      if (!connection.closed && !connection.ending) act();
    });
  }
}
