// Frames of one size. Exported as a part of fdreactor/connection.
import { checkInteger } from '../base/arguments.js';
import { Framer } from './framer.js';

/** Cuts a stream into frames of one size. */
export class FixedFramer extends Framer {
  /**
   * @param bytes the size of each frame; 1 to 2^31 - 1
   * @throws TypeError or RangeError for another size
   */
  constructor(bytes: number) {
    checkInteger(bytes, 'bytes', 1, 2 ** 31 - 1);
    super(bytes);
  }

  protected override readonly markBytes = 0;

  protected override endOf(bytes: Buffer, start: number): number {
    const end = start + this.maxBytes;
    return end > bytes.length ? -1 : end;
  }

  protected override frameOf(bytes: Buffer, start: number, end: number): Buffer {
    return bytes.subarray(start, end);
  }

  protected override leastBytes(bytes: Buffer): number {
    return bytes.length;
  }
}
