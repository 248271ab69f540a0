// An HTTP/1.1 server on connections that can drain without failing a request.
//
// What it shows: the protocol of a drain. No more is accepted. A connection stays until its next request, however long
// that takes, because the request may be on its way already. The answer says `Connection: close`. The server then
// half-closes and still reads for a while: to close with unread bytes would reset the connection and lose the answer.
// Only at the deadline are the idle ones closed. What may change: the answers, the times. What must hold: the order of
// answers; `Connection: close` comes with the last answer and no earlier; nothing is read while answers wait for the
// client.
import type { Reactor } from 'fdreactor';
import { type Chunk, type Connection, type ConnectionHandlers, Listener } from 'fdreactor/connection';
import { HttpParseError, HttpParser, type HttpRequest } from '../file-server/http-parser.js';

/** After the last answer the client may send and read for so long. */
const LINGER_MS = 2000;
/** What the connections get at the deadline: the process ends soon after. */
const GRACE_MS = 500;

const REASONS: Record<number, string> = { 200: 'OK', 400: 'Bad Request', 503: 'Service Unavailable' };

export interface Answer {
  status: number;
  body: string;
}

/** What the server knows of a connection. */
class Client {
  /** What is still to be answered, in order. */
  readonly requests: (HttpRequest | HttpParseError)[] = [];
  readonly parser = new HttpParser((request) => this.requests.push(request));
}

export class HttpServer implements ConnectionHandlers<Client> {
  readonly #reactor: Reactor;
  readonly #answer: (request: HttpRequest) => Answer;
  readonly #listeners: Listener<Client>[] = [];
  #isDraining = false;
  #onDrained = (): void => {};

  constructor(reactor: Reactor, answer: (request: HttpRequest) => Answer) {
    this.#reactor = reactor;
    this.#answer = answer;
  }

  /** Accepts from now on. @param fd of a socket that listens */
  listen(fd: number): void {
    this.#listeners.push(new Listener(this.#reactor, { fd }, this));
  }

  /** Accepts no more, and ends each connection after its next answer; what is left after `deadlineMs` is closed. */
  stop(deadlineMs: number, onDrained: () => void): void {
    this.#isDraining = true;
    for (const listener of this.#listeners) listener.close();
    if (this.#isEmpty) {
      onDrained();
      return;
    }
    const timer = this.#reactor.setTimer(deadlineMs, () => {
      for (const listener of this.#listeners) listener.close({ graceMs: GRACE_MS });
    });
    this.#onDrained = () => {
      timer.cancel(); // or it would keep run() waiting
      onDrained();
    };
  }

  open(connection: Connection<Client>): void {
    connection.data = new Client();
  }

  data(connection: Connection<Client>, bytes: Chunk): void {
    if (connection.ending) return; // it lingers: the client has its last answer, and repeats this elsewhere
    const { parser, requests } = connection.data;
    try {
      parser.execute(bytes);
    } catch (error) {
      if (!(error instanceof HttpParseError)) throw error;
      requests.push(error);
    }
    this.#serve(connection);
  }

  drain(connection: Connection<Client>): void {
    connection.resume();
  }

  timeout(connection: Connection<Client>): void {
    connection.close(); // it has lingered
  }

  close(connection: Connection<Client>): void {
    connection.data.parser.close();
    if (this.#isDraining && this.#isEmpty) this.#onDrained();
  }

  get #isEmpty(): boolean {
    return this.#listeners.every(({ size }) => size === 0);
  }

  /** Answers all requests that have come. */
  #serve(connection: Connection<Client>): void {
    const { requests, parser } = connection.data;
    for (;;) {
      const request = requests.shift();
      if (request === undefined) return;
      const isRequest = !(request instanceof HttpParseError);
      const { status, body } = isRequest ? this.#answer(request) : { status: request.status, body: '' };
      const isLast = this.#isDraining && requests.length === 0 && parser.isBetweenRequests;
      const close = isLast || !isRequest || !request.keepAlive;
      const head = `HTTP/1.1 ${status} ${REASONS[status] ?? 'Error'}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
      const hasRoom = connection.write(`${head}${close ? 'Connection: close\r\n' : ''}\r\n${body}`);
      if (close) {
        connection.end();
        connection.setDeadline(LINGER_MS);
        return;
      }
      if (!hasRoom) connection.pause();
    }
  }
}
