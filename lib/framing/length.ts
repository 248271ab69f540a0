// Frames that begin with their length. Exported as a part of fdreactor/connection.
import { checkInteger, checkObject } from '../base/arguments.js';
import { invalidValue } from '../base/errors.js';
import { Framer } from './framer.js';

/** The longest varint of 32 bits, in bytes: seven bits each. */
const MAX_VARINT_BYTES = 5;

/** How a length is written: its size in bits, with the order of its bytes (`be`: the highest first), or a varint. */
export type LengthPrefix = 'uint8' | 'uint16be' | 'uint16le' | 'uint32be' | 'uint32le' | 'varint';

/** Options of `new LengthFramer()`. */
export interface LengthOptions {
  /** The integer before each frame; a varint has seven bits a byte, the lowest first, in at most 5 bytes (LEB128). */
  prefix: LengthPrefix;
  /** How many bytes a frame may have, without its prefix: 0 to 2^31 - 1; 65,536 by default. */
  maxBytes?: number;
}

const SIZES: Readonly<Record<LengthPrefix, number>> = {
  uint8: 1,
  uint16be: 2,
  uint16le: 2,
  uint32be: 4,
  uint32le: 4,
  varint: MAX_VARINT_BYTES,
};

const readers: Readonly<Record<Exclude<LengthPrefix, 'varint'>, (bytes: Buffer, at: number) => number>> = {
  uint8: (bytes, at) => bytes[at] as number,
  uint16be: (bytes, at) => bytes.readUInt16BE(at),
  uint16le: (bytes, at) => bytes.readUInt16LE(at),
  uint32be: (bytes, at) => bytes.readUInt32BE(at),
  uint32le: (bytes, at) => bytes.readUInt32LE(at),
};

/**
 * Cuts a stream of frames that each begin with their length, which counts the bytes behind it. A frame is those bytes.
 * A length above `maxBytes` is refused when it is read; no memory is reserved for what a prefix promises.
 */
export class LengthFramer extends Framer {
  readonly #prefix: LengthPrefix;
  /** Of the prefix that was read last. */
  #prefixBytes = 0;
  #length = 0;

  /** @throws TypeError or RangeError for a wrong option */
  constructor(options: LengthOptions) {
    checkObject(options, 'options');
    const { prefix, maxBytes = 65_536 } = options;
    if (!Object.hasOwn(SIZES, prefix)) throw invalidValue('options.prefix', `one of ${Object.keys(SIZES)}`, prefix);
    checkInteger(maxBytes, 'options.maxBytes', 0, 2 ** 31 - 1);
    super(maxBytes);
    this.#prefix = prefix;
  }

  /** @internal */
  protected override get markBytes(): number {
    return this.#prefixBytes;
  }

  /** @internal */
  protected override endOf(bytes: Buffer, start: number): number {
    if (!this.#read(bytes, start)) return -1;
    const end = start + this.#prefixBytes + this.#length;
    return this.#length <= this.maxBytes && end > bytes.length ? -1 : Math.min(end, Number.MAX_SAFE_INTEGER);
  }

  /** @internal */
  protected override frameOf(bytes: Buffer, start: number, end: number): Buffer {
    return bytes.subarray(start + this.#prefixBytes, end);
  }

  /** @internal */
  protected override leastBytes(bytes: Buffer, start: number): number {
    return this.#read(bytes, start) ? this.#prefixBytes + this.#length : bytes.length - start;
  }

  /** @internal */
  protected override forget(): void {
    this.#prefixBytes = 0;
  }

  /** Reads the prefix. False if it is not whole yet. */
  #read(bytes: Buffer, start: number): boolean {
    if (this.#prefix === 'varint') return this.#readVarint(bytes, start);
    this.#prefixBytes = SIZES[this.#prefix];
    if (bytes.length - start < this.#prefixBytes) return false;
    this.#length = readers[this.#prefix](bytes, start);
    return true;
  }

  #readVarint(bytes: Buffer, start: number): boolean {
    let length = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = bytes[start + i];
      this.#prefixBytes = i + 1;
      if (byte === undefined) return false;
      length += (byte & 0x7f) * 2 ** (7 * i);
      this.#length = length;
      if (byte < 0x80) return true;
    }
    this.#length = Number.MAX_SAFE_INTEGER; // longer than any
    return true;
  }
}
