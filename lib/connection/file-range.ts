// FileRange: a part of a file that a connection is to send.
import { closeSync, fstatSync } from 'node:fs';
import { SystemError } from '../base/errors.js';
import { native } from '../native/table.js';
import type { Streams } from './streams.js';

/** The numbers of the system by their names: Node has others on Windows. */
const numbers: Readonly<Record<string, number | undefined>> = native.constants.error;

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
  done?: (file: number) => void;
}

/** A range of a file that is to be sent. */
export class FileRange {
  readonly file: number;
  readonly #closes: boolean;
  readonly #done: ((file: number) => void) | undefined;
  /** What is sent next. */
  start: number;
  /** How many bytes are still to be sent. */
  left: number;
  /** The file has ended before. */
  hasEnded = false;

  constructor(
    file: number,
    start: number,
    length: number,
    closes: boolean,
    done: ((file: number) => void) | undefined,
  ) {
    this.file = file;
    this.start = start;
    this.left = length;
    this.#closes = closes;
    this.#done = done;
  }

  /** It is sent, or never will be. */
  end(streams: Streams): void {
    if (this.#closes) closeFile(this.file);
    if (this.#done !== undefined) streams.later.call(this.#done, this.file);
  }
}

/** By Node: on Windows the numbers of its files are not those of sockets, and a socket may have the same one. */
function closeFile(file: number): void {
  try {
    closeSync(file);
  } catch {
    // It is no open file: sendfile(2) has ended the connection for that, or the connection had closed before.
  }
}

/** @throws SystemError of fstat(2) */
export function sizeOfFile(file: number): number {
  try {
    return fstatSync(file).size;
  } catch (error) {
    const { code = '', errno = 0 } = error as NodeJS.ErrnoException;
    throw new SystemError(numbers[code] ?? Math.abs(errno), 'fstat', { fd: file });
  }
}
