// Frames that end with a delimiter, such as lines. Exported as a part of fdreactor/connection.
import { checkBytes, checkInteger, checkObject, NO_OPTIONS } from '../base/arguments.js';
import { outOfRange } from '../base/errors.js';
import { Framer } from './framer.js';

/** Options of `new DelimiterFramer()`. */
export interface DelimiterOptions {
  /** What ends a frame: one byte or several; a string is encoded as UTF-8. A line feed (`\n`) by default. */
  delimiter?: string | Uint8Array;
  /** How many bytes a frame may have, without its delimiter: 0 to 2^31 - 1; 65,536 by default. */
  maxBytes?: number;
}

/** Cuts a stream at a delimiter, such as the ends of lines. A frame is what stands before one. */
export class DelimiterFramer extends Framer {
  readonly #delimiter: Buffer;

  /** @throws TypeError or RangeError for a wrong option, such as an empty delimiter */
  constructor(options: DelimiterOptions = NO_OPTIONS) {
    checkObject(options, 'options');
    const { delimiter = '\n', maxBytes = 65_536 } = options;
    checkInteger(maxBytes, 'options.maxBytes', 0, 2 ** 31 - 1);
    super(maxBytes);
    if (typeof delimiter !== 'string') checkBytes(delimiter, 'options.delimiter');
    this.#delimiter = Buffer.from(delimiter as string);
    if (this.#delimiter.length === 0) throw outOfRange('options.delimiter', 'at least one byte', delimiter);
  }

  /** @internal */
  protected override get markBytes(): number {
    return this.#delimiter.length;
  }

  /** @internal The delimiter may have begun in the bytes that were searched before. */
  protected override endOf(bytes: Buffer, start: number, searched: number): number {
    const from = Math.max(start, start + searched - this.#delimiter.length + 1);
    const at = bytes.indexOf(this.#delimiter, from);
    return at < 0 ? -1 : at + this.#delimiter.length;
  }

  /** @internal */
  protected override frameOf(bytes: Buffer, start: number, end: number): Buffer {
    return bytes.subarray(start, end - this.#delimiter.length);
  }

  /** @internal */
  protected override leastBytes(bytes: Buffer): number {
    return bytes.length;
  }
}
