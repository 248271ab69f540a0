// DatagramSocket: a socket of datagrams for a loop that waits. A turn receives a batch of them into one buffer, and
// copies each; the loop takes them without another turn. What is not taken is bounded: above `maxUnread` the socket
// waits for nothing, and the system drops what does not fit into its own buffer, as it does for any slow receiver.
import { checkSignal } from '../base/abort.js';
import { checkBytes, checkFd, checkInteger, checkObject, NO_OPTIONS } from '../base/arguments.js';
import { invalidState, invalidValue, WOULD_BLOCK } from '../base/errors.js';
import { native } from '../native/table.js';
import { Interest, Ready } from '../reactor/interest.js';
import { backendOf, type Reactor } from '../reactor/reactor.js';
import type { Registration } from '../reactor/registration.js';
import { type AddressInfo, SocketAddress } from '../socket/address.js';
import { getsockname } from '../socket/calls.js';
import { checkUnowned, onClose } from '../socket/closing.js';
import { Message } from '../socket/message.js';
import { recvmsg } from '../socket/messages.js';
import { getsockopt } from '../socket/options.js';
import { checkNotRunning } from './check-not-running.js';
import { EventIterator } from './event-iterator.js';
import { checkWait, type WaitOptions } from './reader.js';
import { copyOf, DATAGRAM_OVERHEAD, type DatagramTarget, UnsentDatagrams } from './unsent-datagrams.js';

const { SOL_SOCKET, SO_TYPE, SOCK_DGRAM, SOCK_RAW } = native.constants.socket;
/** How many datagrams one turn receives at most of one socket, so that others have their share. */
const BATCH = 64;
/** The longest datagram of UDP is shorter. */
const LONGEST = 65_536;
const MOST_BYTES = 2 ** 24;
const ENDS = Ready.READ_CLOSED | Ready.HANGUP;

/** A datagram that was received. */
export interface Datagram {
  /** The bytes: a copy, which is the receiver's to keep. */
  readonly bytes: Buffer;
  /** Who sent it, an object of its own: `send(bytes, from)` answers. It has no address where the sender has none. */
  readonly from: SocketAddress;
  /** Whether it was longer than `maxBytes`, or brought open files: the rest is lost. */
  readonly truncated: boolean;
}

/** Options of datagrams(). */
export interface DatagramOptions extends WaitOptions {
  /** The longest datagram, 1 to 2^24; 65,536 by default, which is longer than any of UDP. A longer one is cut off. */
  maxBytes?: number;
  /**
   * Above so many bytes that were received and not taken, the socket receives no more, from 0; 65,536 by default. Each
   * datagram counts 256 bytes more than it has.
   */
  maxUnread?: number;
  /**
   * `send()` throws ERR_QUEUE_FULL when it would queue more bytes than that, from 0; 65,536 by default. Each datagram
   * counts 256 bytes more than it has.
   */
  maxQueued?: number;
}

/** The fds that sockets of datagrams close. As a listener it is held by a WeakRef alone. */
const owned = {
  fds: new Set<number>(),
  ownerOf(fd: number): string | undefined {
    return owned.fds.has(fd) ? 'a DatagramSocket, which closes it: close() that' : undefined;
  },
};
onClose(owned);

/** A socket of datagrams: see `datagrams()`. */
export class DatagramSocket extends EventIterator<Datagram> {
  readonly #fd: number;
  readonly #registration: Registration;
  readonly #message: Message;
  readonly #buffer: Buffer;
  readonly #maxUnread: number;
  readonly #unsent: UnsentDatagrams;
  #received: Datagram[] = [];
  /** The first of #received that was not taken: a shift() of each would move the others. */
  #next = 0;
  #unread = 0;
  /** An error of the socket that no call has told yet. */
  #error: Error | null = null;

  /** @internal */
  constructor(reactor: Reactor, fd: number, options: Required<Omit<DatagramOptions, 'signal'>> & WaitOptions) {
    super(reactor);
    const { maxBytes, maxUnread, maxQueued, signal } = options;
    this.#fd = fd;
    this.#buffer = Buffer.allocUnsafeSlow(maxBytes);
    this.#message = new Message({ buffers: [this.#buffer] });
    this.#maxUnread = maxUnread;
    this.#unsent = new UnsentDatagrams(reactor, fd, maxQueued, () => this.#watch());
    this.#registration = reactor.register(fd, Interest.READABLE, (ready) => this.#onReady(ready));
    owned.fds.add(fd);
    this.begin(signal);
  }

  /** The fd, which is the socket's; -1 once it is closed. */
  get fd(): number {
    return this.closed ? -1 : this.#fd;
  }

  /** Its own address (getsockname(2)), as a new object each time; null once closed. */
  get localAddress(): AddressInfo | null {
    return this.closed ? null : getsockname(this.#fd);
  }

  /** How many bytes were received and not taken, and 256 more for each datagram. */
  get unread(): number {
    return this.#unread;
  }

  /** How many bytes wait to be sent, and 256 more for each datagram. */
  get queued(): number {
    return this.#unsent.queued;
  }

  /**
   * The next datagram: at once where one has been received, else a promise. It does what a step of a loop does, and
   * leaves the socket open. One call may wait at a time.
   *
   * @param options `signal` ends the wait: no datagram is lost, the next call gets it
   * @returns the datagram. The promise rejects with an AbortError; with an error of the socket (ECONNREFUSED of a
   * connected one), after which the socket goes on; with ERR_INVALID_STATE when it, or the reactor, is closed meanwhile
   * @throws an error of the socket that came before, once each; an AbortError; ERR_INVALID_STATE inside
   * `reactor.run()`, while another call or a loop waits, and once it is closed
   */
  receive(options: WaitOptions = NO_OPTIONS): Datagram | Promise<Datagram> {
    checkWait(options);
    if (this.waits === null && this.hasNext) return this.take();
    const error = this.#error;
    if (error === null || this.waits !== null) return this.wait('receive()', options.signal);
    this.#error = null;
    this.#watch();
    throw error;
  }

  /** The next step of a loop. As that of any EventIterator; an error of the socket ends it. */
  override next(): Promise<IteratorResult<Datagram, undefined>> {
    if (this.#error !== null && !this.hasNext && this.waits === null) this.fail(this.#error);
    return super.next();
  }

  /**
   * Sends a datagram: at once where the system takes it, else when there is room, behind those that wait already.
   *
   * @param bytes may be changed as soon as this returns: what has to wait is copied
   * @param to to whom; may be left out of a connected socket
   * @param options `signal` ends the wait: the datagram is not sent
   * @returns nothing where it was sent; else a promise, which rejects with the SystemError where the system refuses
   * it later, with an AbortError, and with ERR_INVALID_STATE when the socket, or the reactor, is closed meanwhile
   * @throws SystemError as sendto(): EMSGSIZE, EDESTADDRREQ, ECONNREFUSED (of an earlier datagram), EAFNOSUPPORT ...;
   * ERR_QUEUE_FULL above `maxQueued`: await what send() returns; ERR_INVALID_STATE once closed, and inside
   * `reactor.run()` where it has to wait; TypeError or RangeError for a wrong argument
   */
  send(bytes: Uint8Array, to?: DatagramTarget, options: WaitOptions = NO_OPTIONS): void | Promise<void> {
    checkWait(options);
    checkBytes(bytes, 'bytes');
    if (this.closed) throw invalidState('send(): it is closed');
    if (this.#unsent.trySend(bytes, to)) return;
    checkNotRunning(this.reactor);
    return this.#unsent.add(bytes, to, options.signal);
  }

  /** @internal */
  protected get hasNext(): boolean {
    return this.#next < this.#received.length;
  }

  /** @internal */
  protected take(): Datagram {
    const datagram = this.#received[this.#next] as Datagram;
    this.#received[this.#next++] = undefined as unknown as Datagram; // its bytes are not kept for the others' sake
    this.#unread -= datagram.bytes.length + DATAGRAM_OVERHEAD;
    if (this.#next === this.#received.length) {
      this.#received = [];
      this.#next = 0;
      this.#watch();
    } else if (this.#next === BATCH) {
      this.#received.splice(0, BATCH); // it may never become empty
      this.#next = 0;
    }
    return datagram;
  }

  /** @internal */
  protected release(failure: Error | null): void {
    owned.fds.delete(this.#fd);
    this.#unsent.clear(failure ?? invalidState('the socket was closed before the datagram was sent'));
    this.#registration.close();
  }

  /** Tells the reactor what is waited for, if that has changed. */
  #watch(): void {
    const registration = this.#registration;
    if (this.closed || !registration.active) return;
    const isPaused = (registration.interest & Interest.READABLE) === 0;
    // What was paused goes on when all is taken, and not for each datagram.
    const reads = this.#error === null && (isPaused ? !this.hasNext : this.#unread <= this.#maxUnread);
    const interest = (reads ? Interest.READABLE : 0) | (this.#unsent.waitsForRoom ? Interest.WRITABLE : 0);
    if (interest === registration.interest) return;
    try {
      registration.modify(interest);
    } catch (error) {
      this.fail(error as Error); // other code closed the fd
    }
  }

  #onReady(ready: number): void {
    if ((ready & Ready.WRITABLE) !== 0 && this.#unsent.waitsForRoom) this.#unsent.flush();
    if ((this.#registration.interest & Interest.READABLE) !== 0 || (ready & (Ready.ERROR | ENDS)) !== 0)
      this.#receive(ready);
  }

  #receive(ready: number): void {
    for (let left = BATCH; left > 0 && !this.closed && this.#unread <= this.#maxUnread; left--) {
      if (!this.#receiveOnce(ready)) break;
    }
    this.#watch();
  }

  /** Returns whether there may be more. */
  #receiveOnce(ready: number): boolean {
    const message = this.#message;
    let count: number;
    try {
      count = recvmsg(this.#fd, message);
    } catch (error) {
      if (!message.controlTruncated) {
        this.#failed(error as Error);
        return false;
      }
      count = message.bytes; // all is there but the open files that it brought
    }
    if (count === WOULD_BLOCK) return false;
    if (count === 0 && (ready & ENDS) !== 0 && message.name.domain === 0) {
      this.close(); // shut down: what it receives from here on is nothing, without end
      return false;
    }
    this.#store(count);
    return true;
  }

  #store(count: number): void {
    const { name, truncated, controlTruncated } = this.#message;
    const from = copyOf(SocketAddress.bytesOf(name) as Uint8Array);
    const size = this.#message.segmentBytes || count; // of each, where the system joined several (UDP_GRO)
    const isCut = truncated || controlTruncated;
    let at = 0;
    do {
      const bytes = Buffer.from(this.#buffer.subarray(at, Math.min(at + size, count)));
      this.#received.push({ bytes, from, truncated: isCut });
      this.#unread += bytes.length + DATAGRAM_OVERHEAD;
      at += size;
    } while (at < count);
    this.arrived();
  }

  /** A loop ends with an error; a call is told, and the socket goes on. Until then nothing is received. */
  #failed(error: Error): void {
    if (this.waits === 'step') this.fail(error);
    else if (this.waits === 'call') this.reject(error);
    else this.#error ??= error;
  }
}

/**
 * Makes a socket of datagrams of an fd, for a loop: `for await (const { bytes, from } of udp)`. `bindUdp()` of
 * `fdreactor/socket` opens one. An answer by `udp.send(bytes, from)` may be refused because of a forged sender (EINVAL
 * of port 0, EPERM, ENETUNREACH): catch it, or one datagram ends the loop.
 * The fd is the socket's from here on, and is closed with it: by close(), by `await using`, when a loop over it is left
 * (`receive()` is for those who go on), by an abort of `signal`, and with the reactor.
 *
 * A turn receives up to 64 datagrams. They wait until they are taken, up to `maxUnread` bytes; then the socket receives
 * nothing until all are taken, and the system drops what does not fit into the socket's buffer (SO_RCVBUF).
 *
 * An error of the socket (ECONNREFUSED of a connected one) is thrown by receive(), and the socket goes on; a loop ends
 * with it. Datagrams that the system joined (UDP_GRO, Linux) are handed on one by one.
 *
 * @param reactor whose turns serve it; it must be driven beside promises: by attach(), or by poll()
 * @param fd of a socket of SOCK_DGRAM or SOCK_RAW, of any family, which the reactor does not watch yet
 * @param options its limits; `signal` ends it, and a loop over it gets an AbortError behind what has come
 * @throws TypeError ERR_INVALID_ARG_VALUE for another kind of socket; TypeError or RangeError for a wrong argument;
 * SystemError EEXIST (the reactor watches it), EBADF, ENOTSOCK; ERR_INVALID_STATE if the reactor is closed, and for an
 * fd that something else closes. Then the fd is yours as before
 */
export function datagrams(reactor: Reactor, fd: number, options: DatagramOptions = NO_OPTIONS): DatagramSocket {
  backendOf(reactor); // which checks that it is a Reactor
  checkFd(fd);
  checkObject(options, 'options');
  const { maxBytes = LONGEST, maxUnread = 65_536, maxQueued = 65_536, signal } = options;
  checkInteger(maxBytes, 'options.maxBytes', 1, MOST_BYTES);
  checkInteger(maxUnread, 'options.maxUnread', 0, Number.MAX_SAFE_INTEGER);
  checkInteger(maxQueued, 'options.maxQueued', 0, Number.MAX_SAFE_INTEGER);
  checkSignal(signal);
  checkUnowned(fd);
  const type = getsockopt(fd, SOL_SOCKET, SO_TYPE);
  if (type !== SOCK_DGRAM && type !== SOCK_RAW) throw invalidValue('fd', 'a socket of datagrams', fd);
  return new DatagramSocket(reactor, fd, { maxBytes, maxUnread, maxQueued, signal });
}
