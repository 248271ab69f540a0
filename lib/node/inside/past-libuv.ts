// Bytes of a socket of Node that went past libuv. `socket.bytesRead` and `socket.bytesWritten` are what its handle
// says: the handle gets properties of its own, which add them.
import type { Socket } from 'node:net';
import { handleOf, type NodeHandle, type SocketInside } from '../handle.js';

type Name = 'bytesRead' | 'bytesWritten';

export class PastLibuv {
  static readonly #bySocket = new WeakMap<Socket, PastLibuv>();

  /** The counts of a socket, made by the first call for it. */
  static of(socket: Socket): PastLibuv {
    let counts = PastLibuv.#bySocket.get(socket);
    if (counts === undefined) {
      counts = new PastLibuv(socket);
      PastLibuv.#bySocket.set(socket, counts);
    }
    return counts;
  }

  readonly #socket: SocketInside;
  #bytesRead = 0;
  #bytesWritten = 0;
  /** The handle that counts them. */
  #counted: NodeHandle | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** So many bytes came, and so many went. */
  add(read: number, written: number): void {
    this.#bytesRead += read;
    this.#bytesWritten += written;
    const handle = handleOf(this.#socket);
    if (handle !== undefined && handle !== this.#counted) this.#count(handle);
    this.#socket._unrefTimer?.(); // progress is activity, as each read and write of libuv is
  }

  #count(handle: NodeHandle): void {
    this.#counted = handle;
    countBy(handle, 'bytesRead', () => this.#bytesRead);
    countBy(handle, 'bytesWritten', () => this.#bytesWritten);
  }
}

function countBy(handle: NodeHandle, name: Name, past: () => number): void {
  let prototype: object | null = Object.getPrototypeOf(handle);
  while (prototype !== null && !Object.hasOwn(prototype, name)) prototype = Object.getPrototypeOf(prototype);
  const get = prototype === null ? undefined : Object.getOwnPropertyDescriptor(prototype, name)?.get;
  if (get === undefined) return;
  const counted = () => (get.call(handle) as number) + past();
  Object.defineProperty(handle, name, { get: counted, configurable: true, enumerable: true });
}
