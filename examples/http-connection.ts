// One connection of the file server: bytes in, requests, answers out by send and sendfile. It either
// reads or writes, never both: while an answer is under way nothing more is read, so a client that does not read what
// it asked for costs the requests of one read and no file content. What may change: timeouts, sizes. What must hold: a
// turn answers at most TURN_REQUESTS and moves at most TURN_BYTES, sendfile's 0 ends the connection (the file has
// become shorter), every state has a deadline.
import { Interest, type Reactor, type Registration, SystemError, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { sendfile } from 'fdreactor/transfer';
import { type Answer, answer, refuse } from './http-answer.js';
import type { FileCache } from './http-files.js';
import { HttpParseError, HttpParser, type HttpRequest } from './http-parser.js';

/** A client gets so much in a turn before the others have their turn. Its other requests wait for later turns. */
export const TURN_REQUESTS = 8;
export const TURN_BYTES = 2 * 1024 * 1024;
/** After the last answer the client may read for so long before the connection is gone. */
const LINGER_MS = 2000;

const { IPPROTO_TCP, MSG_MORE, TCP_NODELAY } = socket.constants;

/** Shared by all connections: neither is in use when a handler returns. */
const input = Buffer.allocUnsafeSlow(16 * 1024); // what is read is parsed in the same turn
const output = Buffer.allocUnsafeSlow(64 * 1024);

export interface Timeouts {
  /** From the first byte of a request to its last. */
  requestMs: number;
  /** Between two requests. */
  idleMs: number;
  /** Without the client taking a single byte. */
  sendMs: number;
}

export interface Server {
  reactor: Reactor;
  files: FileCache;
  timeouts: Timeouts;
  connections: Set<Connection>;
}

export class Connection {
  readonly #server: Server;
  readonly #fd: number;
  readonly #registration: Registration<Connection>;
  readonly #parser: HttpParser;
  /** What is still to be answered, in order. */
  readonly #requests: (HttpRequest | HttpParseError)[] = [];
  #state: 'reading' | 'writing' | 'lingering' | 'closed' = 'reading';
  #inRequest = false;
  #answer: Answer | null = null;
  /** What send() has not taken of the head of `#answer`. */
  #head: Uint8Array | null = null;
  #turnBytesLeft = 0;
  #deadline: number;

  constructor(server: Server, fd: number) {
    this.#server = server;
    this.#fd = fd;
    this.#deadline = performance.now() + server.timeouts.idleMs;
    socket.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, 1); // MSG_MORE below says better than Nagle when to wait
    this.#registration = server.reactor.register<Connection>(fd, Interest.READABLE, onReady, { data: this });
    this.#parser = new HttpParser((request) => this.#requests.push(request));
    server.connections.add(this);
  }

  turn(): void {
    if (this.#state === 'reading') this.#read();
    else if (this.#state === 'writing') this.#write();
    else this.#discard();
  }

  closeIfLate(now: number): void {
    if (now > this.#deadline) this.close();
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#answer?.file?.release();
    this.#server.connections.delete(this);
    this.#parser.close();
    this.#registration.close();
  }

  #read(): void {
    const length = socket.recv(this.#fd, input);
    if (length === WOULD_BLOCK) return;
    if (length === 0) {
      this.close();
      return;
    }
    try {
      this.#parser.execute(input, length);
      this.#answerExpectation();
    } catch (error) {
      if (!(error instanceof HttpParseError)) throw error;
      this.#requests.push(error);
    }
    if (this.#requests.length > 0) this.#write();
    else this.#waitForRest();
  }

  /** `Expect: 100-continue`: no body changes the answer here, so it is given now, and the body is not waited for. */
  #answerExpectation(): void {
    const request = this.#parser.awaitingBody;
    if (request?.header('expect') === undefined) return;
    request.keepAlive = false;
    this.#requests.push(request);
  }

  /** The clock runs from the first bytes of a request; more of them do not set it back. */
  #waitForRest(): void {
    if (this.#inRequest) return;
    this.#inRequest = true;
    this.#deadline = performance.now() + this.#server.timeouts.requestMs;
  }

  /** Answers the requests until all are answered, the socket is full, or this turn's share is used up. */
  #write(): void {
    this.#turnBytesLeft = TURN_BYTES;
    for (let left = TURN_REQUESTS; left > 0 && this.#hasMore; left--) {
      const answer = this.#answer ?? this.#next(left === 1);
      const outcome = this.#send(answer);
      if (outcome === 'blocked') break;
      if (outcome === 'cut') {
        this.close();
        return;
      }
      this.#answer = null;
      answer.file?.release();
      if (answer.close) {
        this.#linger();
        return;
      }
    }
    // A socket with room is reported again in the next turn, behind the others that were ready in this one.
    if (this.#hasMore) this.#become('writing', Interest.WRITABLE, this.#server.timeouts.sendMs);
    else {
      this.#inRequest = false;
      this.#become('reading', Interest.READABLE, this.#server.timeouts.idleMs);
    }
  }

  get #hasMore(): boolean {
    return this.#answer !== null || this.#requests.length > 0;
  }

  /**
   * The answer to the next request, its head sent as far as the socket takes it. The last of a turn is not held back.
   */
  #next(isLast: boolean): Answer {
    const request = this.#requests.shift() as HttpRequest | HttpParseError;
    this.#answer =
      request instanceof HttpParseError ? refuse(null, request.status) : answer(request, this.#server.files);
    const length = output.write(this.#answer.head, 'latin1');
    const moreFollows = this.#answer.file !== null || (this.#requests.length > 0 && !isLast);
    const sent = Math.max(0, socket.send(this.#fd, output, 0, length, moreFollows ? MSG_MORE : 0));
    if (sent < length) this.#head = Uint8Array.prototype.slice.call(output, sent, length);
    return this.#answer;
  }

  #send(answer: Answer): 'done' | 'blocked' | 'cut' {
    if (this.#head !== null) {
      const sent = Math.max(0, socket.send(this.#fd, this.#head, 0, this.#head.length, answer.file ? MSG_MORE : 0));
      this.#head = sent === this.#head.length ? null : this.#head.subarray(sent);
      if (this.#head !== null) return 'blocked';
    }
    if (answer.file === null) return 'done';
    while (answer.start < answer.end) {
      const count = Math.min(answer.end - answer.start, this.#turnBytesLeft);
      if (count === 0) return 'blocked';
      const sent = sendfile(this.#fd, answer.file.fd, answer.start, count);
      if (sent === WOULD_BLOCK) return 'blocked';
      if (sent === 0) return 'cut'; // the file is shorter than it was: what was promised cannot be kept
      answer.start += sent;
      this.#turnBytesLeft -= sent;
      if (sent < count) return 'blocked'; // full, as good as always: to ask again would cost a call
    }
    return 'done';
  }

  /**
   * A close() while bytes of the client are on their way would reset the connection, and the answer be lost with it.
   */
  #linger(): void {
    socket.shutdown(this.#fd, socket.SHUT_WR);
    this.#become('lingering', Interest.READABLE, LINGER_MS);
  }

  #discard(): void {
    if (socket.recv(this.#fd, input) === 0) this.close();
  }

  #become(state: 'reading' | 'writing' | 'lingering', interest: number, waitMs: number): void {
    this.#state = state;
    this.#deadline = performance.now() + waitMs;
    if (this.#registration.interest !== interest) this.#registration.modify(interest);
  }
}

function onReady(_ready: number, registration: Registration<Connection>): void {
  const connection = registration.data;
  try {
    connection.turn();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    connection.close(); // ECONNRESET, EPIPE, or EIO of the disk: there is no way to tell the client
  }
}
