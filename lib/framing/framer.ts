// Framer: cuts a stream of bytes into frames. A frame that is whole in one chunk is handed on where it stands. The
// beginning of one that is not is kept, in memory that doubles, so that a peer that sends single bytes costs no more
// than their number.
import { checkBytes, checkFunction } from '../base/arguments.js';
import { refusedOfPeer } from '../base/errors.js';

const FIRST_BYTES = 256;
/** More memory than that is given up with the frame that needed it: most connections are idle most of the time. */
const LASTING_BYTES = 4096;
const NOTHING = Buffer.alloc(0);

/**
 * Called with each frame, which may be empty. Its bytes are valid until it returns. Copy what you keep:
 * `Buffer.from(frame)`.
 */
export type FrameHandler = (frame: Buffer) => void;

/** A frame is longer than the framer was told to take. */
function tooLarge(maxBytes: number): Error {
  return refusedOfPeer(`a frame is longer than ${maxBytes} bytes`, 'ERR_FRAME_TOO_LARGE');
}

/**
 * What the framers have in common. One of them cuts one stream: each connection has a framer of its own. A frame that
 * is whole in one chunk is not copied. The beginning of one that is not is kept, up to `maxBytes`, and is not searched
 * again: the time is in proportion to the bytes, also of a peer that sends single ones.
 */
export abstract class Framer {
  readonly #maxBytes: number;
  #kept: Buffer = NOTHING;
  #keptBytes = 0;
  #isBroken = false;

  /** @internal */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many bytes of an unfinished frame it keeps. */
  get pending(): number {
    return this.#keptBytes;
  }

  /** How many bytes a frame may have, without what marks it. */
  get maxBytes(): number {
    return this.#maxBytes;
  }

  /**
   * Takes the next bytes of the stream, and calls `onFrame` with each frame that is whole by now, in their order.
   *
   * @param bytes any part of the stream: a chunk, as it came
   * @param onFrame must not call push() of this framer
   * @throws RangeError ERR_FRAME_TOO_LARGE for a frame that is longer than `maxBytes`, as soon as that is known, and
   * from then on in each call; the frames before it were told. What `onFrame` throws: then the rest of the bytes is
   * lost, and each further call throws ERR_FRAME_TOO_LARGE. End the connection, or `reset()`. TypeError for a wrong
   * argument
   */
  push(bytes: Uint8Array, onFrame: FrameHandler): void {
    checkBytes(bytes, 'bytes');
    checkFunction(onFrame, 'onFrame');
    if (this.#isBroken) throw tooLarge(this.#maxBytes);
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#isBroken = true; // unless all goes well
    const rest = this.#keptBytes === 0 ? this.#cut(chunk, onFrame) : this.#finish(chunk, onFrame);
    this.#keep(rest);
    this.#isBroken = false;
  }

  /** Forgets the unfinished frame, and that one was too long: the next byte begins a frame. */
  reset(): void {
    this.#keptBytes = 0;
    this.#isBroken = false;
    this.forget();
  }

  /**
   * @internal Looks for the end of the frame that begins at `start`. Returns the place behind it, or -1 if it is not
   * there yet. `searched` bytes from `start` on were there in an earlier call.
   */
  protected abstract endOf(bytes: Buffer, start: number, searched: number): number;
  /** @internal The frame without what marks its end or its length. */
  protected abstract frameOf(bytes: Buffer, start: number, end: number): Buffer;
  /** @internal How many bytes the unfinished frame will have at least, what marks it included. */
  protected abstract leastBytes(bytes: Buffer, start: number): number;
  /** @internal How many bytes beside those of the frame mark it. */
  protected abstract readonly markBytes: number;
  /** @internal */
  protected forget(): void {}

  /** The frames of a chunk. Returns what is left of it. */
  #cut(chunk: Buffer, onFrame: FrameHandler): Buffer {
    let start = 0;
    while (start < chunk.length) {
      const end = this.endOf(chunk, start, 0);
      if (end < 0) break;
      this.#check(end - start);
      onFrame(this.frameOf(chunk, start, end));
      start = end;
    }
    return chunk.subarray(start);
  }

  /** The frame that was begun before, and those after it. Returns what is left of the chunk. */
  #finish(chunk: Buffer, onFrame: FrameHandler): Buffer {
    const before = this.#keptBytes;
    this.#append(chunk);
    const end = this.endOf(this.#kept.subarray(0, this.#keptBytes), 0, before);
    if (end < 0) return NOTHING;
    this.#check(end);
    this.#keptBytes = 0;
    onFrame(this.frameOf(this.#kept, 0, end));
    if (this.#kept.length > LASTING_BYTES) this.#kept = NOTHING;
    return this.#cut(chunk.subarray(end - before), onFrame);
  }

  #keep(rest: Buffer): void {
    if (rest.length > 0) this.#append(rest);
    if (this.#keptBytes === 0) return;
    const kept = this.#kept.subarray(0, this.#keptBytes);
    this.#check(Math.max(this.#keptBytes, this.leastBytes(kept, 0)));
  }

  #append(bytes: Buffer): void {
    const needed = this.#keptBytes + bytes.length;
    if (needed > this.#kept.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, needed, 2 * this.#kept.length));
      this.#kept.copy(grown, 0, 0, this.#keptBytes);
      this.#kept = grown;
    }
    bytes.copy(this.#kept, this.#keptBytes);
    this.#keptBytes = needed;
  }

  #check(bytes: number): void {
    if (bytes - this.markBytes > this.#maxBytes) throw tooLarge(this.#maxBytes);
  }
}
