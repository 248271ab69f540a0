// What a connection could not send yet: buffers in their order. Made when the kernel's buffer is full for the first
// time; most connections never need one.
import { errorOf, WOULD_BLOCK } from '../base/errors.js';
import { native } from '../native/table.js';

const { writev } = native.fd;
const MOST_BUFFERS = 64; // of one call

export class SendQueue {
  #buffers: Uint8Array[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a buffer, which stays as it is until it is sent. */
  push(buffer: Uint8Array): void {
    if (buffer.length === 0) return;
    this.#buffers.push(buffer);
    this.#bytes += buffer.length;
  }

  /** All its bytes, which are the caller's from here on. */
  take(): Buffer {
    const bytes = Buffer.concat(this.#buffers);
    this.#buffers = [];
    this.#bytes = 0;
    return bytes;
  }

  /** Sends what the kernel takes. Returns 0, or the error number. */
  send(fd: number): number {
    while (this.#bytes > 0) {
      const sent = writev(fd, this.#buffers.slice(0, MOST_BUFFERS));
      if (sent === WOULD_BLOCK) return 0;
      if (sent < WOULD_BLOCK) return errorOf(sent);
      this.#drop(sent);
    }
    return 0;
  }

  #drop(sent: number): void {
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
