// What a connection could not send yet: its own copies of the bytes, in their order. Made when the kernel's buffer is
// full for the first time; most connections never need one.
//
// Small writes share a chunk. An object for each of a thousand messages would take more memory than their bytes, and a
// call could send few of them.
import { errorOf, WOULD_BLOCK } from '../base/errors.js';
import { native } from '../native/table.js';

const { writev } = native.fd;
const MOST_BUFFERS = 64; // of one call
/** A chunk is as large as what is queued already, within these, so that a quarter at most is empty. */
const LEAST_CHUNK = 1024;
const MOST_CHUNK = 16 * 1024;

const NOTHING = new Uint8Array(0);

export class SendQueue {
  #buffers: Uint8Array[] = [];
  #bytes = 0;
  /** The chunk that the last of the buffers is the begin of, or has been. */
  #chunk: Uint8Array = NOTHING;
  #used = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Copies the bytes. */
  push(bytes: Uint8Array): void {
    const fits = Math.min(bytes.length, this.#chunk.length - this.#used);
    if (fits > 0) this.#extend(bytes.subarray(0, fits));
    if (fits < bytes.length) this.#begin(bytes.subarray(fits));
    this.#bytes += bytes.length;
  }

  /** Sends what the kernel takes. Returns 0, or the error number. */
  send(fd: number): number {
    while (this.#bytes > 0) {
      const sent = writev(fd, this.#buffers.slice(0, MOST_BUFFERS));
      if (sent === WOULD_BLOCK) return 0;
      if (sent < WOULD_BLOCK) return errorOf(sent);
      this.#take(sent);
    }
    return 0;
  }

  /** Within the chunk; all that was before may have been sent. */
  #extend(bytes: Uint8Array): void {
    this.#chunk.set(bytes, this.#used);
    const last = this.#buffers.pop();
    const start = this.#used - (last?.length ?? 0);
    this.#used += bytes.length;
    this.#buffers.push(this.#chunk.subarray(start, this.#used));
  }

  #begin(bytes: Uint8Array): void {
    const room = Math.min(MOST_CHUNK, Math.max(LEAST_CHUNK, this.#bytes));
    this.#chunk = new Uint8Array(Math.max(room, bytes.length));
    this.#chunk.set(bytes);
    this.#used = bytes.length;
    this.#buffers.push(this.#chunk.subarray(0, this.#used));
  }

  #take(sent: number): void {
    this.#bytes -= sent;
    let left = sent;
    let whole = 0;
    while (left > 0) {
      const first = this.#buffers[whole] as Uint8Array;
      if (first.length > left) {
        this.#buffers[whole] = first.subarray(left);
        break;
      }
      left -= first.length;
      whole++;
    }
    this.#buffers.splice(0, whole);
  }
}
