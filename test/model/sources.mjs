// Wakers and signals as the reference has them: told once for any number of rings before a turn, and never without one.

export class ModelSource {
  active = true;
  /** Rung, and not heard yet. */
  isDue = false;
  /** Ends the real one. @type {() => void} */
  close = () => {};
  /** Rings it; what the call returns. @type {() => unknown} */
  ring = () => undefined;
  /** The numbers that the package has for it. @type {number[]} */
  numbers = [];

  /** @param {number} id @param {'waker' | 'signal'} kind @param {import('./reactors.mjs').ModelReactor} owner */
  constructor(id, kind, owner) {
    this.id = id;
    this.kind = kind;
    this.owner = owner;
  }

  /** Its handler was called. */
  hear() {
    const { world, turn } = this.owner;
    if (turn === null) return world.fail(`${this} was told outside a turn`);
    turn.enter();
    turn.handlers++;
    world.check(this.active, () => `${this} was closed, and is told`);
    world.check(this.isDue, () => `${this} is told, and was not rung`);
    const isSecond = turn.heard.has(this) && !turn.isLoose;
    world.check(!isSecond, () => `${this} is told twice in a turn`);
    turn.heard.add(this);
    this.isDue = false;
  }

  /** It was closed, or its reactor was. */
  end() {
    if (this.active) this.owner.mayHaveStale = true;
    this.active = false;
    this.isDue = false;
    for (const fd of this.numbers) this.owner.world.take(fd);
  }

  toString() {
    return `r${this.owner.id}.${this.kind}${this.id}`;
  }
}
