// Frames of one size. Exported as a part of fdreactor/connection.
import { checkInteger } from '../base/arguments.js';
import { Framer } from './framer.js';

/** Cuts a stream into frames of one size. None is ever too large. */
export class FixedFramer extends Framer {
  /**
   * @param bytes the size of each frame, 1 to 2^31 - 1
   * @throws TypeError or RangeError for another size
   */
  constructor(bytes: number) {
    checkInteger(bytes, 'bytes', 1, 2 ** 31 - 1);
    super(bytes);
  }

  /** @internal */
  protected override readonly markBytes = 0;

  /** @internal */
  protected override endOf(bytes: Buffer, start: number): number {
    const end = start + this.maxBytes;
    return end > bytes.length ? -1 : end;
  }

  /** @internal */
  protected override frameOf(bytes: Buffer, start: number, end: number): Buffer {
    return bytes.subarray(start, end);
  }

  /** @internal */
  protected override leastBytes(bytes: Buffer): number {
    return bytes.length;
  }
}
