// What a master tells of itself: `master.state()`, and the state file.
import { rmSync } from 'node:fs';
import type { AddressInfo } from '../socket/address.js';
import { writeAtOnce } from './pid-file.js';
import type { WorkerState } from './worker-process.js';

/** What a master does. */
export type MasterPhase = 'new' | 'starting' | 'serving' | 'reloading' | 'upgrading' | 'stopping' | 'stopped';

/** A worker process, as its master sees it. */
export interface WorkerInfo {
  /** Its number; undefined if it could not be started. */
  pid: number | undefined;
  /** Which generation it is of. */
  generation: number;
  /** Which of the workers it is; null for a spare one. */
  index: number | null;
  /** What it does. */
  state: WorkerState;
  /** When it was started, in milliseconds as Date.now() has them. */
  startedAt: number;
  /** How many turns its reactor had made when it last answered. */
  turns: number;
}

/** What `master.state()` returns: plain values. */
export interface MasterInfo {
  /** The number of the master. */
  pid: number;
  /** What it does. */
  phase: MasterPhase;
  /** The generation that serves; 0 before there is one. */
  generation: number;
  /** How many workers have died, since the master began, that were not to. */
  workerErrors: number;
  /** Where it listens. */
  listeners: Record<string, AddressInfo>;
  /** All processes that have not ended. */
  workers: WorkerInfo[];
}

/** Writes the state to a file, once for all changes of a turn of Node's event loop. */
export class StateFile {
  readonly #path: string;
  readonly #state: () => MasterInfo;
  #pending: NodeJS.Immediate | null = null;

  constructor(path: string, state: () => MasterInfo) {
    this.#path = path;
    this.#state = state;
  }

  changed(): void {
    this.#pending ??= setImmediate(() => {
      this.#pending = null;
      writeAtOnce(this.#path, `${JSON.stringify(this.#state(), null, 2)}\n`);
    });
  }

  /** @param remove false where another master writes it from now on */
  close(remove: boolean): void {
    if (this.#pending !== null) clearImmediate(this.#pending);
    if (remove) rmSync(this.#path, { force: true });
  }
}
