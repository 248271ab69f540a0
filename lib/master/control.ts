// Control: JSON lines over a socket pair, between a master and a process that it started. A Reactor watches it on
// either side, because neither promises nor process.send() go on under run().

import { Connection } from '../connection/connection.js';
import { DelimiterFramer } from '../framing/delimiter.js';
import { native } from '../native/table.js';
import type { Reactor } from '../reactor/reactor.js';
import { close, socketpair } from '../socket/calls.js';

/** What the two sides say. Each message has one member, or `pong` with `turns`. */
export interface ControlMessage {
  /** To a worker: accept from now on; the number is which of the workers it is. */
  serve?: number;
  /** To a worker: the master stops, after a while. */
  stopping?: true;
  /** To a worker: accept no more; the number is how many milliseconds are left. */
  drain?: number;
  /** To a worker: answer with `pong`. */
  ping?: number;
  pong?: number;
  /** How many turns the worker's reactor has made. */
  turns?: number;
  /** From a worker: all is loaded. From the next master: it serves. */
  ready?: true;
  /** From a worker, after `serve`. */
  serving?: true;
  /** From a worker: all its connections have ended. */
  drained?: true;
  /** To the next master: the old one has given way. */
  takeOver?: true;
}

/** One side. */
export class Control {
  readonly #connection: Connection<undefined>;
  readonly #onMessage: (message: ControlMessage) => void;

  /**
   * @param fd the control's from here on
   * @param onMessage gets each message
   * @param onClosed the other side has closed, or has sent what is no message
   */
  constructor(reactor: Reactor, fd: number, onMessage: (message: ControlMessage) => void, onClosed: () => void) {
    this.#onMessage = onMessage;
    const framer = new DelimiterFramer();
    this.#connection = new Connection<undefined>(reactor, fd, {
      data: (connection, bytes) => framer.push(bytes, (frame) => this.#take(connection, frame)),
      end: (connection) => connection.close(),
      close: onClosed,
    });
  }

  get closed(): boolean {
    return this.#connection.closed;
  }

  /** Sends a message; nothing once closed. The other side may be gone: its end is told by `onClosed`. */
  send(message: ControlMessage): void {
    if (!this.#connection.ending) this.#connection.write(`${JSON.stringify(message)}\n`);
  }

  /** Sends what is queued, then the end. */
  end(): void {
    this.#connection.end();
  }

  close(): void {
    this.#connection.close();
  }

  #take(connection: Connection<undefined>, frame: Buffer): void {
    const message = parse(frame);
    if (connection.closed) return;
    if (message === null) connection.close();
    else this.#onMessage(message);
  }
}

function parse(frame: Buffer): ControlMessage | null {
  try {
    const value: unknown = JSON.parse(frame.toString());
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    return null; // a program that has written to the fd of its control; it is closed
  }
}

const { AF_UNIX, SOCK_STREAM } = native.constants.socket;

/** Runs `start` with the other side's fd, which is closed here afterwards. @returns this side's fd */
export function withControl(start: (fd: number) => void): number {
  const [own, others] = socketpair(AF_UNIX, SOCK_STREAM);
  try {
    start(others);
    return own;
  } catch (error) {
    close(own);
    throw error;
  } finally {
    close(others);
  }
}
