// Streams within the wait of a backend: one call carries out their commands, waits, and serves them
// (native/sys/streams/stream_turn.h). The same for every backend; each has its own poller in native code.
import { errorOf, SystemError, type SystemErrorDetails } from '../../base/errors.js';

import { callsOf, native } from '../../native/table.js';
import type { StreamEngine, StreamLimits, StreamMemory } from '../stream-turn.js';

const { add, close, flush, hasItsFd, open, peer, unpipe, wait, wouldLose } = callsOf(native.streams);

/** What a backend calls its own: the system calls, for errors, and what else an error of the wait tells. */
export interface StreamQueue {
  /** The fd of the backend, or the number of its port. */
  readonly queue: number;
  /** The batch of its wait. */
  readonly batch: Int32Array;
  readonly changeCall: string;
  readonly waitCall: string;
  readonly details: SystemErrorDetails;
}

export class NativeStreams implements StreamEngine {
  readonly changeCall: string;
  readonly #waitCall: string;
  readonly #details: SystemErrorDetails;
  readonly #batch: Int32Array;
  readonly #commands: Int32Array;
  readonly #sendArea: Uint8Array;
  readonly #reports: Int32Array;
  readonly #memory: StreamMemory;
  readonly #set: number;
  #isOpen = true;

  constructor(
    { queue, batch, changeCall, waitCall, details }: StreamQueue,
    memory: StreamMemory,
    limits: StreamLimits,
  ) {
    const { commands, reports, mostReceived, leastRoom, mostAccepted } = limits;
    this.changeCall = changeCall;
    this.#waitCall = waitCall;
    this.#details = details;
    this.#batch = batch;
    this.#commands = memory.commands;
    this.#sendArea = memory.sendArea;
    this.#reports = memory.reports;
    this.#memory = memory;
    this.#set = open(queue, commands, reports, mostReceived, leastRoom, mostAccepted);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The wait of the backend. Returns how many events of others are in its batch. */
  wait(timeoutMs: number, deadlineMs: number): number {
    const { slab } = this.#memory;
    // Infinity as an argument would be made into an object on the heap, each turn.
    const count =
      deadlineMs === Number.POSITIVE_INFINITY
        ? wait(this.#set, this.#batch, this.#commands, this.#sendArea, this.#reports, slab, timeoutMs)
        : wait(this.#set, this.#batch, this.#commands, this.#sendArea, this.#reports, slab, timeoutMs, deadlineMs);
    if (count < 0) throw new SystemError(errorOf(count), this.#waitCall, this.#details);
    return count;
  }

  add(fd: number, role: number, noDelay: boolean, target: Int32Array): number {
    return add(this.#set, fd, role, noDelay ? 1 : 0, target);
  }

  /** Whether a registration of the fd would take it from its stream: the kernel does not refuse a second one. */
  wouldLose(fd: number): boolean {
    return this.#isOpen && wouldLose(this.#set, fd) > 0;
  }

  peer(slot: number, generation: number, address: Uint8Array): number {
    return peer(this.#set, slot, generation, address);
  }

  hasItsFd(slot: number, generation: number): boolean {
    return hasItsFd(this.#set, slot, generation) === 1;
  }

  flush(): void {
    flush(this.#set, this.#commands, this.#sendArea);
  }

  unpipe(slot: number, generation: number, target: Uint8Array): number {
    return unpipe(this.#set, slot, generation, target);
  }

  close(): void {
    this.#isOpen = false;
    close(this.#set);
  }
}
