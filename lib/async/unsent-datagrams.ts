// UnsentDatagrams: what a socket of datagrams was given to send and the system did not take at once: a queue with a
// bound, in the order of the calls. The socket calls flush() when there may be room.
//
// There is one socket of which WRITABLE says nothing: an unconnected one of AF_UNIX on Linux, whose receiver is full
// (sendto() of fdreactor/socket). It is writable all the time, and each turn would try in vain. So what was tried in
// vain although the socket was writable is tried again by a timer.
import { onAbort } from '../base/abort.js';
import { asPlain, lengthOf } from '../base/arguments.js';
import { aborted, WOULD_BLOCK, withErrorCode } from '../base/errors.js';
import type { Reactor } from '../reactor/reactor.js';
import type { Timer } from '../reactor/timers.js';
import { addressBytes, type InternetAddress, SocketAddress, type UnixAddress } from '../socket/address.js';
import { send, sendto } from '../socket/data.js';

const RETRY_MS = 5;
/** What a datagram counts beside its bytes: it has objects of its own. */
export const DATAGRAM_OVERHEAD = 256;

/** To whom a datagram goes. */
export type DatagramTarget = SocketAddress | InternetAddress | UnixAddress;

interface Unsent {
  readonly bytes: Uint8Array;
  readonly to: SocketAddress | undefined;
  readonly settle: (error: Error | null) => void;
}

export class UnsentDatagrams {
  readonly #fd: number;
  readonly #reactor: Reactor;
  readonly #maxQueued: number;
  readonly #changed: () => void;
  readonly #queue: Unsent[] = [];
  #queued = 0;
  #retry: Timer | null = null;

  /** @param changed called when what is waited for may be another one */
  constructor(reactor: Reactor, fd: number, maxQueued: number, changed: () => void) {
    this.#reactor = reactor;
    this.#fd = fd;
    this.#maxQueued = maxQueued;
    this.#changed = changed;
  }

  /** How many bytes are queued, and what their datagrams count beside. */
  get queued(): number {
    return this.#queued;
  }

  /** Whether the socket is to tell when it is writable. */
  get waitsForRoom(): boolean {
    return this.#queue.length > 0 && this.#retry === null;
  }

  /** Sends a datagram now. Returns whether the system took it; false as well where others wait. */
  trySend(bytes: Uint8Array, to: DatagramTarget | undefined): boolean {
    return this.#queue.length === 0 && give(this.#fd, bytes, to) !== WOULD_BLOCK;
  }

  /**
   * Queues a copy of a datagram.
   *
   * @throws ERR_QUEUE_FULL
   */
  add(bytes: Uint8Array, to: DatagramTarget | undefined, signal: AbortSignal | undefined): Promise<void> {
    const size = lengthOf(bytes) + DATAGRAM_OVERHEAD;
    if (this.#queued + size > this.#maxQueued) {
      const message = `the socket takes no more: more than ${this.#maxQueued} bytes are queued`;
      throw withErrorCode(new Error(message), 'ERR_QUEUE_FULL');
    }
    const address = to === undefined ? undefined : copyOf(addressBytes(to, 'to'));
    return new Promise((resolve, reject) => {
      const forget = onAbort(signal, () => this.#remove(unsent, aborted(signal?.reason)));
      const settle = (error: Error | null): void => {
        forget();
        this.#queued -= size;
        if (error === null) resolve();
        else reject(error);
      };
      const unsent: Unsent = { bytes: asPlain(bytes).slice(), to: address, settle };
      this.#queue.push(unsent);
      this.#queued += size;
      this.#changed();
    });
  }

  /** Sends what there is room for. A datagram that the system refuses rejects its promise, and the next one follows. */
  flush(): void {
    let sent = 0;
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const error = this.#give(next);
      if (error === undefined) break;
      this.#queue.shift();
      sent++;
      next.settle(error);
    }
    if (sent === 0 && this.#queue.length > 0) this.#tryLater();
    this.#changed();
  }

  /** Rejects what is queued. */
  clear(error: Error): void {
    this.#retry?.cancel();
    this.#retry = null;
    for (const unsent of this.#queue.splice(0)) unsent.settle(error);
  }

  /** null: it is sent; undefined: there is no room; else why it was refused. */
  #give({ bytes, to }: Unsent): Error | null | undefined {
    try {
      return give(this.#fd, bytes, to) === WOULD_BLOCK ? undefined : null;
    } catch (error) {
      return error as Error;
    }
  }

  #tryLater(): void {
    this.#retry ??= this.#reactor.setTimer(RETRY_MS, () => {
      this.#retry = null;
      this.flush();
    });
  }

  #remove(unsent: Unsent, error: Error): void {
    const index = this.#queue.indexOf(unsent);
    if (index < 0) return;
    this.#queue.splice(index, 1);
    unsent.settle(error);
    this.#changed();
  }
}

function give(fd: number, bytes: Uint8Array, to: DatagramTarget | undefined): number {
  if (to === undefined) return send(fd, bytes);
  return sendto(fd, bytes, undefined, undefined, undefined, to);
}

/** An address that no one else changes. */
export function copyOf(bytes: Uint8Array): SocketAddress {
  const address = new SocketAddress();
  (SocketAddress.bytesOf(address) as Uint8Array).set(bytes);
  return address;
}
