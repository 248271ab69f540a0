// FileRange: a part of a file that a connection is to send.
import { fstatSync } from 'node:fs';
import { SystemError } from '../base/errors.js';
import { closeFd } from '../socket/closing.js';

/** Options of `connection.sendFile()`. */
export interface SendFileOptions {
  /** Closes the file when it is sent, or when the connection has closed before; false by default. */
  close?: boolean;
}

/** A range of a file that is to be sent. */
export class FileRange {
  readonly file: number;
  readonly #closes: boolean;
  /** What is sent next. */
  start: number;
  /** How many bytes are still to be sent. */
  left: number;
  /** The file has ended before. */
  hasEnded = false;

  constructor(file: number, start: number, length: number, closes: boolean) {
    this.file = file;
    this.start = start;
    this.left = length;
    this.#closes = closes;
  }

  /** It is sent, or never will be. */
  end(): void {
    if (this.#closes) closeFd(this.file);
  }
}

/** @throws SystemError of fstat(2) */
export function sizeOfFile(file: number): number {
  try {
    return fstatSync(file).size;
  } catch (error) {
    throw new SystemError(Math.abs((error as NodeJS.ErrnoException).errno ?? 0), 'fstat', { fd: file });
  }
}
