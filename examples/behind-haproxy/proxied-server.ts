// The connections of a server behind a proxy: a PROXY header, then requests, answered in their order. `/health` is for
// the balancer, `/work` takes a while, and any other path is answered at once with the client's address. What may
// change: the answers. What must hold: a connection without a header is refused, and nothing is read from it as a
// request; while the server drains, each answer is the last of its connection, and health is 503.
import { STATUS_CODES } from 'node:http';
import type { Reactor } from 'fdreactor';
import type { Chunk, Connection, ConnectionHandlers } from 'fdreactor/connection';
import { type ProxyHeader, parseProxyHeader } from 'fdreactor/socket';
import { HttpParseError, HttpParser, type HttpRequest } from '../file-server/http-parser.js';

/** HAProxy's own headers have less than 700, of all options. */
const MAX_HEADER_BYTES = 1024;
/** A proxy sends its header at once. */
const HEADER_MS = 3000;
const WORK_MS = 20;
/** So often HAProxy has to hear 503: `fall` in haproxy.cfg. */
const FALL = 2;
const NOTHING: Uint8Array = Buffer.alloc(0);

/** What the server knows of a connection. */
class Client {
  /** null until all of it has come. */
  header: ProxyHeader | null = null;
  /** The part of it that has come. */
  begun = NOTHING;
  /** What is still to be answered, in order. */
  readonly requests: (HttpRequest | HttpParseError)[] = [];
  readonly parser = new HttpParser((request) => this.requests.push(request));
  /** An answer is under way. */
  isBusy = false;
}

export class ProxiedServer implements ConnectionHandlers<Client> {
  readonly #reactor: Reactor;
  readonly #name: string;
  /** How often the balancer has to hear yet that this server leaves; null: it does not. */
  #unheard: number | null = null;
  #onHeard: () => void = () => {};

  constructor(reactor: Reactor, name: string) {
    this.#reactor = reactor;
    this.#name = name;
  }

  /** Says 503 when it is asked for its health, and calls back when that was heard often enough. */
  startDraining(onHeard: () => void): void {
    this.#unheard = FALL;
    this.#onHeard = onHeard;
  }

  /** Ends the connection: now, or with the answer to the request that is under way. */
  endWhenIdle(connection: Connection<Client>, graceMs: number): void {
    const { header, parser, requests, isBusy } = connection.data;
    connection.setDeadline(graceMs);
    if (header !== null && parser.isBetweenRequests && requests.length === 0 && !isBusy) connection.end();
  }

  open(connection: Connection<Client>): void {
    connection.data = new Client();
    connection.setDeadline(HEADER_MS);
  }

  data(connection: Connection<Client>, bytes: Chunk): void {
    if (connection.ending) return;
    const { data: client } = connection;
    const rest = client.header === null ? this.#takeHeader(connection, bytes) : bytes;
    try {
      client.parser.execute(rest);
    } catch (error) {
      if (!(error instanceof HttpParseError)) throw error;
      client.requests.push(error);
    }
    this.#serve(connection);
  }

  drain(connection: Connection<Client>): void {
    connection.data.isBusy = false;
    connection.resume();
    this.#serve(connection);
  }

  /** The proxy sends no more. It gets the answers to what it has sent. */
  end(connection: Connection<Client>): void {
    this.#serve(connection);
  }

  close(connection: Connection<Client>, error: unknown): void {
    connection.data.parser.close();
    if (error instanceof RangeError) console.error(error.message); // ERR_PROXY_HEADER: this was no proxy
  }

  /** Returns what follows the header; nothing where it is not whole yet. */
  #takeHeader(connection: Connection<Client>, bytes: Uint8Array): Uint8Array {
    const { data: client } = connection;
    const stream = client.begun.length === 0 ? bytes : Buffer.concat([client.begun, bytes]);
    client.header = parseProxyHeader(stream, { maxBytes: MAX_HEADER_BYTES });
    client.begun = client.header === null ? Buffer.from(stream) : NOTHING;
    if (client.header === null) return NOTHING;
    connection.setDeadline(null);
    return stream.subarray(client.header.headerBytes);
  }

  /** Answers the requests, until one of the answers takes longer. */
  #serve(connection: Connection<Client>): void {
    const { data: client } = connection;
    while (!client.isBusy && !connection.ending) {
      const request = client.requests.shift();
      if (request !== undefined) this.#answer(connection, request);
      else if (connection.ended) connection.end();
      else return;
    }
    if (client.isBusy && client.requests.length > 0) connection.pause();
  }

  #answer(connection: Connection<Client>, request: HttpRequest | HttpParseError): void {
    if (request instanceof HttpParseError) this.#write(connection, null, request.status);
    else if (request.url === '/health') this.#answerHealth(connection, request);
    else if (request.url === '/work') this.#work(connection, request);
    else this.#write(connection, request, 200);
  }

  #answerHealth(connection: Connection<Client>, request: HttpRequest): void {
    this.#write(connection, request, this.#unheard === null ? 200 : 503);
    if (this.#unheard !== null && --this.#unheard === 0) this.#onHeard();
  }

  #work(connection: Connection<Client>, request: HttpRequest): void {
    connection.data.isBusy = true;
    this.#reactor.setTimer(WORK_MS, () => {
      if (connection.closed) return;
      this.#write(connection, request, 200);
      if (!connection.data.isBusy) this.drain(connection);
    });
  }

  /** @param request null: what came is not a request, and the connection cannot go on */
  #write(connection: Connection<Client>, request: HttpRequest | null, status: number): void {
    const body = `${this.#name} for ${addressOf(connection)}: ${status}\n`;
    const close = request === null || !request.keepAlive || request.httpMinor === 0 || this.#unheard !== null;
    const fields = `Content-Type: text/plain\r\nContent-Length: ${body.length}\r\n`;
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${fields}${close ? 'Connection: close\r\n' : ''}\r\n`;
    connection.data.isBusy = !connection.write(request?.method === 'HEAD' ? head : head + body, 'latin1');
    if (close) connection.end();
  }
}

/** The client's address where the proxy tells it, else the proxy's own. */
function addressOf({ data, remoteAddress }: Connection<Client>): string {
  const source = data.header?.source;
  if (source != null && 'host' in source) return `${source.host} port ${source.port}`;
  return remoteAddress !== null && 'address' in remoteAddress ? `the proxy at ${remoteAddress.address}` : 'a socket';
}
