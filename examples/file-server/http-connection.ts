// The connections of the file server: bytes in, requests, answers out in their order. While an answer waits for the
// client and other requests for it, nothing more is read: a client that does not read what it asked for costs the
// requests of a chunk or two, one open file and no content. What may change: sizes, times. What must hold: a turn
// reads at most RECEIVE_BYTES of a client, and so answers a bounded number of its requests; the connection ends if a
// file has become shorter (that is ERR_FILE_ENDED, which nothing here catches); every state has a time limit.
import type { Reactor } from 'fdreactor';
import {
  type Chunk,
  type Connection,
  type ConnectionHandlers,
  configureConnections,
  Listener,
} from 'fdreactor/connection';
import { answer, refuse } from './http-answer.js';
import type { FileCache, OpenFile } from './http-files.js';
import { HttpParseError, HttpParser, type HttpRequest } from './http-parser.js';

/** A client gets so much read in a turn before the others have their turn. The rest waits in the kernel. */
export const RECEIVE_BYTES = 2048;
/** After the last answer the client may read for so long before the connection is gone. */
const LINGER_MS = 2000;

export interface ServerOptions {
  host: string;
  port: number;
  /** Between two requests, and without the client taking a single byte of an answer. */
  idleTimeoutMs: number;
  /** From the first byte of a request to its last. */
  requestMs: number;
}

/** A listener that serves files. Only one in a reactor: it sizes the memory of the turns. */
export function serveFiles(reactor: Reactor, files: FileCache, options: ServerOptions): Listener<Client> {
  configureConnections(reactor, { maxReceiveBytes: RECEIVE_BYTES });
  // With a mark of 0 write() returns false as soon as anything is queued, and `drain` says when nothing is.
  const limits = { highWaterMark: 0, backlog: 4096 };
  return new Listener(reactor, { ...limits, ...options }, new FileServer(files, options.requestMs));
}

/** What the server knows of a connection. */
class Client {
  /** What is still to be answered, in order. */
  readonly requests: (HttpRequest | HttpParseError)[] = [];
  readonly parser = new HttpParser((request) => this.requests.push(request));
  /** Some bytes of a request have come: its time runs. */
  inRequest = false;
  /** An answer is under way: it waits for `drain`, or for the end of its file. */
  isBusy = false;
}

class FileServer implements ConnectionHandlers<Client> {
  readonly #files: FileCache;
  readonly #requestMs: number;

  constructor(files: FileCache, requestMs: number) {
    this.#files = files;
    this.#requestMs = requestMs;
  }

  open(connection: Connection<Client>): void {
    connection.data = new Client();
  }

  data(connection: Connection<Client>, bytes: Chunk): void {
    if (connection.ending) return; // to close while it sends would reset the connection, and the answer be lost
    const { parser, requests } = connection.data;
    try {
      parser.execute(bytes);
      this.#answerExpectation(connection.data);
    } catch (error) {
      if (!(error instanceof HttpParseError)) throw error;
      requests.push(error);
    }
    this.#setClock(connection);
    this.#serve(connection);
  }

  drain(connection: Connection<Client>): void {
    this.#goOn(connection);
  }

  /** The client sends no more. It gets the answers to what it has sent. */
  end(connection: Connection<Client>): void {
    this.#serve(connection);
  }

  close(connection: Connection<Client>): void {
    connection.data.parser.close();
  }

  /** `Expect: 100-continue`: no body changes the answer here, so it is given now, and the body is not waited for. */
  #answerExpectation({ parser, requests }: Client): void {
    const request = parser.awaitingBody;
    if (request?.header('expect') === undefined) return;
    request.keepAlive = false;
    requests.push(request);
  }

  /** The clock runs from the first bytes of a request to its last; more of them do not set it back. */
  #setClock(connection: Connection<Client>): void {
    const client = connection.data;
    const inRequest = !client.isBusy && client.requests.length === 0;
    if (inRequest !== client.inRequest) connection.setDeadline(inRequest ? this.#requestMs : null);
    client.inRequest = inRequest;
  }

  /** Answers the requests, until one of the answers has to wait. */
  #serve(connection: Connection<Client>): void {
    const client = connection.data;
    while (!client.isBusy && !connection.ending) {
      const request = client.requests.shift();
      if (request !== undefined) this.#answer(connection, request);
      else if (connection.ended) connection.end();
      else return;
    }
    if (client.isBusy && client.requests.length > 0) connection.pause();
    if (!client.isBusy && !connection.ended) connection.setDeadline(LINGER_MS);
  }

  #answer(connection: Connection<Client>, request: HttpRequest | HttpParseError): void {
    const isRequest = !(request instanceof HttpParseError);
    const { head, file, start, end, close } = isRequest ? answer(request, this.#files) : refuse(null, request.status);
    const hasRoom = connection.write(head, 'latin1');
    if (file !== null) connection.sendFile(file.fd, start, end, { done: () => this.#sent(connection, file) });
    connection.data.isBusy = !hasRoom || file !== null;
    if (close) connection.end();
  }

  #sent(connection: Connection<Client>, file: OpenFile): void {
    file.release();
    if (!connection.closed) this.#goOn(connection);
  }

  #goOn(connection: Connection<Client>): void {
    connection.data.isBusy = false;
    connection.resume();
    this.#serve(connection);
  }
}
