// FileRange: a part of a file that a connection is to send.
import { closeFile } from '../base/close-file.js';
import { fromNode } from '../base/errors.js';
import { fs } from '../native/builtins.js';
import type { Streams } from './streams.js';

/** @internal An option of `connection.sendFile()` that fdreactor/async has. */
export const SENT: unique symbol = Symbol('sent');

/** Options of `connection.sendFile()`. */
export interface SendFileOptions {
  /** Closes the file when it is sent, or when the connection has closed before; false by default. */
  close?: boolean;
  /**
   * Called in a later turn with the number of the file, once the kernel has all of its part, or never will have it
   * because the connection has closed. For a file that is shared, and must stay open until then. With `close` the
   * file is closed by then. Not called when the reactor is closed. What it throws goes to `onError` of the Reactor, or
   * out of the turn.
   */
  done?: ((file: number) => void) | undefined;
  /** @internal Called at once when it is sent. Then whether the connection goes on does not matter. */
  [SENT]?: (() => void) | undefined;
}

/** A range of a file that is to be sent. */
export class FileRange {
  readonly file: number;
  readonly #closes: boolean;
  readonly #done: ((file: number) => void) | undefined;
  readonly #sent: (() => void) | undefined;
  /** What is sent next. */
  start: number;
  /** How many bytes are still to be sent. */
  left: number;
  /** The file has ended before. */
  hasEnded = false;

  constructor(file: number, start: number, length: number, options: SendFileOptions) {
    this.file = file;
    this.start = start;
    this.left = length;
    this.#closes = options.close === true;
    this.#done = options.done;
    this.#sent = options[SENT];
  }

  /** It is sent, or never will be. */
  end(streams: Streams): void {
    if (this.#closes) closeFile(this.file);
    if (this.left === 0) this.#sent?.();
    if (this.#done !== undefined) streams.later.call(this.#done, this.file);
  }
}

/** @throws SystemError of fstat(2) */
export function sizeOfFile(file: number): number {
  try {
    return fs.fstatSync(file).size;
  } catch (error) {
    throw fromNode(error as Error, { fd: file });
  }
}
