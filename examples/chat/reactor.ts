// The chat on the bare Reactor: readiness of fds, and a system call each for what is read and written. What the other
// styles have from the library is written out here: the queue of a member and its bound, the half-close, the time-out,
// the end of the server.
//
// What is bounded: a line by the framer; what waits for a member by MAX_QUEUED, above which it is dropped; and what a
// member says: one for whom more than HIGH_WATER waits is not read until it has heard that.
import { Acceptor, Interest, Reactor, Ready, type Registration, type Timer, WOULD_BLOCK } from 'fdreactor';
import { DelimiterFramer } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { announce, goOn, onStop } from '../announce.js';
import {
  Chat,
  type ChatOptions,
  GRACE_MS,
  HIGH_WATER,
  IDLE,
  isOfPeer,
  type Link,
  MAX_LINE_BYTES,
  MAX_QUEUED,
  MAX_READ_BYTES,
  Member,
  reasonOf,
} from './rooms.js';

/** Idle members are looked for so often within their time-out. */
const LOOKS = 8;
const { SHUT_WR } = socket.constants;
const buffer = Buffer.allocUnsafeSlow(MAX_READ_BYTES); // one for all: lines are taken before the next read

class Peer implements Link {
  readonly lines = new DelimiterFramer({ maxBytes: MAX_LINE_BYTES });
  readonly member = new Member(this);
  /** end() was called: what is queued is sent, and then the end of the stream. */
  ending = false;
  /** The peer has ended. */
  ended = false;
  /** When it said something last. */
  activeMs = performance.now();
  readonly #server: Server;
  readonly #registration: Registration<Peer>;
  readonly #take = (line: Buffer): void => this.#server.chat.take(this.member, line);
  #queue: Uint8Array[] = [];
  #queued = 0;
  #closed = false;

  constructor(server: Server, fd: number) {
    this.#server = server;
    this.#registration = server.reactor.register<Peer>(fd, Interest.READABLE, onReady, { data: this });
    server.peers.add(this);
    server.chat.welcome(this.member); // which may end it, where the peer is gone already
  }

  /** What the kernel does not take is queued; what is queued has to go first. Drops the peer where it fails. */
  write(bytes: Uint8Array): void {
    if (this.ending || this.#closed) return;
    if (this.#queue.length === 0) {
      const sent = this.#send(bytes);
      if (sent < 0 || sent === bytes.length) return;
      this.#enqueue(bytes.subarray(sent)); // no one writes into what is said
    } else this.#enqueue(bytes);
  }

  end(text: string): void {
    this.write(Buffer.from(text));
    this.#end();
  }

  /** The lines of one read, and no more: the others have their turn. */
  receive(): void {
    try {
      const count = socket.recv(this.#registration.fd, buffer);
      if (count === WOULD_BLOCK) return;
      this.activeMs = performance.now();
      if (count === 0) this.#peerEnded();
      else this.lines.push(buffer.subarray(0, count), this.#take);
      this.#watch();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** There is room. */
  sendQueue(): void {
    while (this.#queue.length > 0) {
      const first = this.#queue[0] as Uint8Array;
      const sent = this.#send(first);
      if (sent < 0) return;
      this.#queued -= sent;
      if (sent === first.length) this.#queue.shift();
      else this.#queue[0] = first.subarray(sent);
      if (sent < first.length) return;
    }
    if (this.ending) this.#finish();
    this.#watch();
  }

  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue = [];
    this.#registration.close();
    this.#server.chat.gone(this.member, reason);
    this.#server.left(this);
  }

  /** How many bytes the kernel took; -1 where the peer was dropped. */
  #send(bytes: Uint8Array): number {
    try {
      return Math.max(0, socket.send(this.#registration.fd, bytes)); // WOULD_BLOCK took nothing
    } catch (error) {
      this.#failed(error);
      return -1;
    }
  }

  #enqueue(bytes: Uint8Array): void {
    this.#queue.push(bytes);
    this.#queued += bytes.length;
    if (this.#queued > MAX_QUEUED) this.close(reasonOf({ code: 'ERR_QUEUE_FULL' }));
    else this.#watch();
  }

  /** What fails because of the peer ends it: ECONNRESET, EPIPE, ERR_FRAME_TOO_LARGE. */
  #failed(error: unknown): void {
    if (!isOfPeer(error)) throw error;
    this.close(reasonOf(error));
  }

  #peerEnded(): void {
    this.ended = true;
    this.#server.chat.gone(this.member, 'gone');
    this.#end();
  }

  #end(): void {
    if (this.ending && !this.ended) return;
    this.ending = true;
    if (this.#queue.length === 0) this.#finish();
  }

  /** All is sent. */
  #finish(): void {
    if (this.ended) this.close('gone');
    else this.#shutdown();
  }

  #shutdown(): void {
    try {
      socket.shutdown(this.#registration.fd, SHUT_WR);
    } catch (error) {
      this.#failed(error); // ENOTCONN: it was reset
    }
  }

  #watch(): void {
    if (this.#closed) return;
    const isPaused = (this.#registration.interest & Interest.READABLE) === 0;
    const hasRoom = this.#queued <= (isPaused ? 0 : HIGH_WATER); // one that was paused goes on when all is sent
    const reads = !this.ended && (hasRoom || this.ending);
    const interest = (reads ? Interest.READABLE : 0) | (this.#queued > 0 ? Interest.WRITABLE : 0);
    if (interest !== this.#registration.interest) this.#registration.modify(interest);
  }
}

function onReady(ready: number, { data: peer }: Registration<Peer>): void {
  if ((ready & Ready.WRITABLE) !== 0) peer.sendQueue();
  if ((ready & ~Ready.WRITABLE) !== 0 && !peer.ended) peer.receive();
}

class Server {
  readonly reactor = new Reactor({ onError: goOn });
  readonly chat = new Chat();
  readonly peers = new Set<Peer>();

  #grace: Timer | null = null;

  constructor({ host, port, idleTimeoutMs }: ChatOptions) {
    const { reactor } = this;
    const listener = socket.listenTcp({ host, port });
    // The Acceptor pauses the listener when the process has no fd left, and goes on when it has.
    const acceptor = new Acceptor(reactor, listener, (fd) => void new Peer(this, fd));
    const sweepMs = idleTimeoutMs / LOOKS;
    const sweep = reactor.setTimer(sweepMs, () => this.#sweep(idleTimeoutMs), { repeatMs: sweepMs });
    onStop(reactor, () => {
      acceptor.close();
      sweep.cancel();
      this.#stop();
    });
    announce(listener);
  }

  left(peer: Peer): void {
    this.peers.delete(peer);
    if (this.peers.size === 0) this.#grace?.cancel(); // nothing is left that run() waits for
  }

  /** An idle one is asked to leave; one that was, and has not, is closed. */
  #sweep(idleTimeoutMs: number): void {
    const nowMs = performance.now();
    for (const peer of this.peers) {
      if (nowMs - peer.activeMs < idleTimeoutMs) continue;
      peer.activeMs = nowMs;
      if (peer.ending) peer.close(IDLE);
      else this.chat.quit(peer.member, IDLE);
    }
  }

  #stop(): void {
    if (this.peers.size === 0) return;
    this.#grace = this.reactor.setTimer(GRACE_MS, () => {
      for (const peer of this.peers) peer.close('the server stops');
    });
    for (const peer of this.peers) if (!peer.ending) peer.end('* The server stops.\n');
  }
}

export function run(options: ChatOptions): void {
  const { reactor } = new Server(options);
  reactor.run(); // returns when the last member has gone
  reactor.close();
}
