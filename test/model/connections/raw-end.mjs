// An end of a connection that the model itself holds, by its fd: it reads and sends when it is told to.
import { WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';

const { SOL_SOCKET, SO_LINGER } = socket.constants;
const NO_LINGER = new Uint8Array(new Int32Array([1, 0]).buffer);
/** What a call may answer when the other end has broken off. */
const ERRORS = ['ECONNRESET', 'EPIPE', 'ENOTCONN', 'ECONNABORTED'];

const room = new Uint8Array(65_536);

export class RawEnd {
  isRaw = true;
  isClosed = false;
  /** It sends no more. */
  isEnding = false;

  /**
   * @param {import('./world.mjs').World} world @param {string} name @param {import('./directions.mjs').Direction} out
   * @param {import('./directions.mjs').Direction} into @param {number} fd @param {boolean} [isPipe] its writing end
   */
  constructor(world, name, out, into, fd, isPipe = false) {
    this.world = world;
    this.name = `${name} ${world.ends.length}`;
    this.out = out;
    this.into = into;
    this.fd = fd;
    this.isPipe = isPipe;
    world.ends.push(this);
  }

  get isLive() {
    return !this.isClosed;
  }

  /** Reads once. Returns whether something came. @param {number} length */
  receive(length) {
    if (this.isPipe) return false;
    const count = this.#attempt(() => socket.recv(this.fd, room, 0, Math.min(length, room.length)));
    if (count === WOULD_BLOCK || (count === 0 && this.into.endSeen)) return false;
    this.world.note(`${this}: receives ${count}`);
    if (count === 0) this.into.seeEnd();
    else this.into.take(room.subarray(0, count));
    return true;
  }

  /** @param {number} length */
  send(length) {
    if (this.isEnding || length === 0) return;
    const bytes = this.out.next(length);
    const count = this.#attempt(() => (this.isPipe ? socket.write(this.fd, bytes) : socket.send(this.fd, bytes)));
    if (count > 0) this.out.sent += count;
    this.world.note(`${this}: sends ${count} of ${length}`);
  }

  end() {
    if (this.isEnding) return;
    this.isEnding = true;
    this.out.ended = true;
    if (this.isPipe) this.#give();
    else this.#attempt(() => socket.shutdown(this.fd, socket.SHUT_WR) ?? 0);
  }

  close() {
    const isOver = this.isEnding && this.into.endSeen;
    if (!isOver) this.out.isLossy = this.into.isLossy = true;
    this.#give();
  }

  reset() {
    this.out.isLossy = this.into.isLossy = true;
    if (!this.isPipe) socket.setsockopt(this.fd, SOL_SOCKET, SO_LINGER, NO_LINGER);
    this.#give();
  }

  check() {}
  sync() {}

  toString() {
    return this.name;
  }

  #give() {
    this.isClosed = true;
    socket.close(this.fd);
  }

  /** A call that may find the connection broken, if it is. @param {() => number} call */
  #attempt(call) {
    try {
      return call();
    } catch (error) {
      const { code = '' } = /** @type {NodeJS.ErrnoException} */ (error);
      const isExpected = ERRORS.includes(code) && (this.out.isLossy || this.into.isLossy);
      this.world.check(isExpected, () => `${this}: ${error}`);
      return WOULD_BLOCK;
    }
  }
}
