// A model of what a queue keeps, as the BSDs' kern_event.c has it: a knote a filter, whose mode is what it was added
// with; EV_ADD of one that is there takes the new fflags and data, enables it, and reports it again if it is ready.
import type { Change, KqueueConstants } from '../../lib/reactor/backends/kqueue-changes.js';

export interface Knote {
  mode: number;
  fflags: number;
  data: number;
  enabled: boolean;
  /** It was not reported since it was added, changed or enabled: if it is ready it will be. */
  fresh: boolean;
}

export class QueueModel {
  readonly knotes = new Map<number, Knote>();
  readonly #k: KqueueConstants;
  /** Filters of which EV_ADD fails, for this kind of file. */
  readonly #refused: ReadonlySet<number>;

  constructor(k: KqueueConstants, refused: readonly number[] = []) {
    this.#k = k;
    this.#refused = new Set(refused);
  }

  /** Makes the changes one after the other; returns those that failed. */
  apply(changes: readonly Change[]): Change[] {
    return changes.filter((change) => !this.#applyOne(change));
  }

  /** A wait reports what is enabled. */
  report(): void {
    for (const knote of this.knotes.values()) {
      if (!knote.enabled) continue;
      knote.fresh = false;
      if (knote.mode & this.#k.EV_DISPATCH) knote.enabled = false;
    }
  }

  #applyOne({ filter, flags, fflags, data }: Change): boolean {
    const k = this.#k;
    if (flags & k.EV_DELETE) return this.knotes.delete(filter);
    const known = this.knotes.get(filter);
    if (flags & k.EV_ADD) {
      if (this.#refused.has(filter)) return false;
      const mode = known?.mode ?? flags & (k.EV_CLEAR | k.EV_DISPATCH);
      this.knotes.set(filter, { mode, fflags, data, enabled: (flags & k.EV_DISABLE) === 0, fresh: true });
      return true;
    }
    if (known === undefined) return false;
    if (flags & k.EV_DISABLE) known.enabled = false;
    if (flags & k.EV_ENABLE) known.enabled = true;
    return true;
  }
}
