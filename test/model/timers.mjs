// A timer as the reference has it: never early, in order, and as often as it was asked for.

export class ModelTimer {
  /** @type {import('fdreactor').Timer} */
  handle;
  active = true;
  stopsRun = false;
  firings = 0;
  firingsAtTurn = 0;
  /** In how many turns in a row it was due, and an exception came first. */
  putOff = 0;
  order = 0;
  orderAtTurn = 0;

  /**
   * @param {number} id @param {import('./reactors.mjs').ModelReactor} owner
   * @param {number} delayMs @param {number | undefined} repeatMs
   */
  constructor(id, owner, delayMs, repeatMs) {
    this.id = id;
    this.owner = owner;
    this.repeatMs = repeatMs;
    /** The turn in whose handlers it was set: it fires in a later one. */
    this.setIn = owner.turn;
    this.setAt = performance.now();
    this.earliest = this.setAt + delayMs;
    this.latest = this.earliest;
    this.delayMs = delayMs;
  }

  /** setTimer() has returned. */
  isSet() {
    this.latest = performance.now() + this.delayMs;
  }

  beginTurn() {
    this.firingsAtTurn = this.firings;
    this.orderAtTurn = this.order;
  }

  /** Its handler was called. */
  fire() {
    const { world, turn } = this.owner;
    const now = performance.now();
    if (turn === null) return world.fail(`${this} fired outside a turn`);
    turn.enter();
    turn.timersFired++;
    world.check(this.active, () => `${this} fired, and was cancelled or had fired`);
    world.check(now >= this.earliest, () => `${this} fired ${this.earliest - now} ms early`);
    world.check(turn.isRun || this.setIn !== turn, () => `${this} fired in the turn in which it was set`);
    this.#checkOrder();
    this.firings++;
    this.putOff = 0;
    this.order++;
    this.latest = Number.POSITIVE_INFINITY; // until the end of the turn is seen
    if (this.repeatMs === undefined) this.active = false;
  }

  /** Its handler is about to return: it repeats from here. */
  leave() {
    this.setIn = null;
    this.earliest = performance.now() + (this.repeatMs ?? 0);
  }

  /** The turn has ended. */
  endTurn() {
    if (this.latest === Number.POSITIVE_INFINITY) this.latest = performance.now() + (this.repeatMs ?? 0);
  }

  /** None is left that was certainly due before. */
  #checkOrder() {
    const { world, turn } = this.owner;
    for (const other of this.owner.liveTimers()) {
      if (other === this || other.latest >= this.earliest || other.setIn === turn) continue;
      world.fail(`${this} fired before ${other}`);
    }
  }

  toString() {
    return `r${this.owner.id}.timer${this.id}(${this.delayMs} ms, repeat ${this.repeatMs})`;
  }
}
