// What a reactor must give back to the system, apart from the reactor itself: so that one that was dropped without
// close() and collected gives it back all the same.

/**
 * Gives something back. `isOpen` is false if other code closed its fd; the number may belong to another file by now.
 */
export type Closer = (isOpen: boolean) => void;

export class Resources {
  readonly #closers = new Set<Closer>();

  /**
   * Returns the function that gives it back, once. `close` must not refer to the reactor, or nothing is ever collected:
   * a closure keeps all that its scope captured, so make it in a function of its own.
   */
  add(close: Closer): Closer {
    let isDone = false;
    const once = (isOpen: boolean): void => {
      if (isDone) return;
      close(isOpen);
      isDone = true; // at once, so that nothing is closed twice if a stack overflow comes next
      this.#closers.delete(once);
    };
    this.#closers.add(once);
    return once;
  }

  closeAll(): void {
    for (const close of [...this.#closers]) close(true);
  }
}

const dropped = new FinalizationRegistry<Resources>((resources) => resources.closeAll());

/** Closes the resources when `owner` is collected. */
export function closeWithOwner(owner: object, resources: Resources): void {
  dropped.register(owner, resources, resources);
}

/** They were closed in time. */
export function closedByOwner(resources: Resources): void {
  dropped.unregister(resources);
}
