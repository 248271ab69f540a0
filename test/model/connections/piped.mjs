// Two connections that are piped into each other, between two ends that the model holds: what one sends the other gets.
import { Connection } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';

export class Piped {
  /** @type {import('./raw-end.mjs').RawEnd[]} */
  ends = [];

  /** @param {import('./world.mjs').World} world @param {import('./directions.mjs').Direction[]} directions */
  constructor(world, directions) {
    this.world = world;
    this.directions = directions;
    this.name = `piped ${world.piped.length}`;
    const [left, leftPeer] = socket.socketpair();
    const [right, rightPeer] = socket.socketpair();
    for (const fd of [left, leftPeer, right, rightPeer]) world.shrinkBuffers(fd);
    this.peers = [leftPeer, rightPeer];
    this.sides = [left, right].map((fd) => new Connection(world.reactor, fd, this.#handlers(), world.options));
    this.pipings = this.sides.map((side, i) => side.pipeTo(this.#other(i)));
    world.piped.push(this);
  }

  get isLossy() {
    return this.directions.some(({ isLossy }) => isLossy);
  }

  /** Stops a direction, and pipes it again at once: no byte may be lost, or go to `data`. @param {number} i */
  again(i) {
    const side = /** @type {Connection} */ (this.sides[i]);
    const piping = this.pipings[i];
    if (!piping?.active) return;
    this.world.note(`${this}: pipes ${i} again`);
    piping.stop();
    this.pipings[i] = side.pipeTo(this.#other(i));
  }

  /** More than its peer's buffer takes, so that bytes are under way. @param {number} i */
  feed(i) {
    const end = this.ends[i];
    if (end?.isLive) end.send(this.world.spend(30_000));
  }

  /** @param {number} i */
  pause(i) {
    this.world.note(`${this}: pauses ${i}`);
    this.sides[i]?.pause();
  }

  /** @param {number} i */
  resume(i) {
    this.sides[i]?.resume();
  }

  /** @param {number} i @param {'close' | 'reset'} call */
  close(i, call) {
    this.world.note(`${this}: ${call}s ${i}`);
    this.breakOff();
    this.sides[i]?.[call]();
  }

  breakOff() {
    for (const direction of this.directions) direction.isLossy = true;
  }

  /** At the end: what was not cut off has closed by itself. */
  checkOver() {
    const open = this.sides.filter(({ closed }) => !closed).length;
    this.world.check(this.isLossy || open === 0, () => `${this}: ${open} sides are open`);
  }

  toString() {
    return this.name;
  }

  /** @param {number} i */
  #other(i) {
    return /** @type {Connection} */ (this.sides[1 - i]);
  }

  #handlers() {
    const { world } = this;
    const never = (/** @type {string} */ name) => () => world.check(false, () => `${this} was told ${name}`);
    return {
      data: never('data'),
      drain: never('drain'),
      error: (/** @type {unknown} */ _side, /** @type {Error} */ error) => {
        world.check(this.isLossy, () => `${this} failed: ${error.stack}`);
      },
    };
  }
}
