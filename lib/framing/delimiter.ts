// Frames that end with a delimiter, such as lines. Exported as a part of fdreactor/connection.
import { checkBytes, checkInteger, checkObject, NO_OPTIONS } from '../base/arguments.js';
import { outOfRange } from '../base/errors.js';
import { Framer } from './framer.js';

/** Options of `new DelimiterFramer()`. */
export interface DelimiterOptions {
  /** What ends a frame: one byte or several; a line feed by default. */
  delimiter?: string | Uint8Array;
  /** The longest frame, without its delimiter; 65,536 by default. */
  maxBytes?: number;
}

/** Cuts a stream at a delimiter. A frame is what stands before it. */
export class DelimiterFramer extends Framer {
  readonly #delimiter: Buffer;

  /** @throws TypeError or RangeError for a wrong option */
  constructor(options: DelimiterOptions = NO_OPTIONS) {
    checkObject(options, 'options');
    const { delimiter = '\n', maxBytes = 65_536 } = options;
    checkInteger(maxBytes, 'options.maxBytes', 0, 2 ** 31 - 1);
    super(maxBytes);
    if (typeof delimiter !== 'string') checkBytes(delimiter, 'options.delimiter');
    this.#delimiter = Buffer.from(delimiter as string);
    if (this.#delimiter.length === 0) throw outOfRange('options.delimiter', 'at least one byte', delimiter);
  }

  protected override get markBytes(): number {
    return this.#delimiter.length;
  }

  /** The delimiter may have begun in the bytes that were searched before. */
  protected override endOf(bytes: Buffer, start: number, searched: number): number {
    const from = Math.max(start, start + searched - this.#delimiter.length + 1);
    const at = bytes.indexOf(this.#delimiter, from);
    return at < 0 ? -1 : at + this.#delimiter.length;
  }

  protected override frameOf(bytes: Buffer, start: number, end: number): Buffer {
    return bytes.subarray(start, end - this.#delimiter.length);
  }

  protected override leastBytes(bytes: Buffer): number {
    return bytes.length;
  }
}
