// The option `onread` of a socket: its bytes go into a buffer of the program's, and no stream is in between.
import { isUint8Array } from 'node:util/types';
import type { SocketHandle } from './handle.js';

/** As node:net has it: `buffer` may make a buffer for each call; `callback` returns false to stop reading. */
export interface OnReadOptions {
  buffer: Uint8Array | (() => Uint8Array);
  callback(bytes: number, buffer: Uint8Array): boolean;
}

interface Reader {
  readonly connecting: boolean;
  readonly destroyed: boolean;
  _handle: SocketHandle | null;
  onEnd(): void;
}

export class OnRead {
  readonly #options: OnReadOptions;
  /** Where the next bytes go. */
  #target: Uint8Array;
  readonly #socket: Reader;
  /** What has come and was not taken, for reading was stopped. */
  #waiting: Uint8Array[] = [];
  #hasEnded = false;
  #isStopped = false;
  #isScheduled = false;

  constructor(options: OnReadOptions, socket: Reader) {
    this.#options = options;
    this.#target = typeof options.buffer === 'function' ? options.buffer() : options.buffer;
    this.#socket = socket;
  }

  /** @param bytes are valid until it returns */
  receive(bytes: Uint8Array): void {
    const taken = this.#waiting.length > 0 ? 0 : this.#give(bytes);
    if (taken < bytes.length) this.#waiting.push(Buffer.from(bytes.subarray(taken)));
  }

  /** The peer has ended. Returns whether all was taken; if not, the socket's onEnd() is called again. */
  ends(): boolean {
    this.#hasEnded = this.#waiting.length > 0;
    return !this.#hasEnded;
  }

  /** Reads on, what has waited first. */
  start(): void {
    const socket = this.#socket;
    const handle = socket._handle;
    if (socket.connecting || handle === null) return;
    this.#isStopped = false;
    if (!handle.reading && !this.#hasEnded) handle.readStart();
    if (this.#waiting.length === 0 || this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#giveWaiting();
    });
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#socket._handle?.reading) this.#socket._handle.readStop();
  }

  #giveWaiting(): void {
    while (this.#waiting.length > 0 && !this.#isStopped && this.#socket._handle !== null) {
      const first = this.#waiting.shift() as Uint8Array;
      const taken = this.#give(first);
      if (taken < first.length) this.#waiting.unshift(first.subarray(taken));
    }
    if (this.#hasEnded && this.#waiting.length === 0 && !this.#socket.destroyed) this.#socket.onEnd();
  }

  /** Returns how much was taken: less than all where reading was stopped. */
  #give(bytes: Uint8Array): number {
    const { buffer, callback } = this.#options;
    let from = 0;
    while (from < bytes.length && !this.#isStopped && this.#socket._handle !== null) {
      const target = this.#target;
      const part = bytes.subarray(from, from + target.length);
      target.set(part);
      from += part.length;
      const goesOn = callback.call(this.#socket, part.length, target);
      if (typeof buffer === 'function') this.#target = buffer();
      if (goesOn === false) this.stop();
    }
    return this.#socket._handle === null ? bytes.length : from;
  }
}

/** null for no such option, and for one of another form, which node:net ignores. */
export function onReadOf(option: unknown, socket: Reader): OnRead | null {
  if (option === null || typeof option !== 'object') return null;
  const { buffer, callback } = option as Partial<OnReadOptions>;
  const isComplete = (isUint8Array(buffer) || typeof buffer === 'function') && typeof callback === 'function';
  return isComplete ? new OnRead(option as OnReadOptions, socket) : null;
}
