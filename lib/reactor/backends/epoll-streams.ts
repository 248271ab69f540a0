// Streams over epoll(7): one call carries out their commands, waits, and serves them (native/sys/epoll/epoll_streams.h).
import { errorOf, SystemError } from '../../base/errors.js';
import { callsOf, native } from '../../native/table.js';
import type { StreamEngine, StreamLimits, StreamMemory } from '../stream-turn.js';

const { add, close, flush, open, peer, unpipe, wait } = callsOf(native.streams); // there wherever epoll is

export class EpollStreams implements StreamEngine {
  readonly changeCall = 'epoll_ctl';
  readonly #epollFd: number;
  readonly #batch: Int32Array;
  readonly #commands: Int32Array;
  readonly #sendArea: Uint8Array;
  readonly #reports: Int32Array;
  readonly #slab: Uint8Array;
  readonly #set: number;
  #isOpen = true;

  constructor(epollFd: number, batch: Int32Array, memory: StreamMemory, limits: StreamLimits) {
    const { commands, reports, mostReceived, leastRoom, mostAccepted } = limits;
    this.#epollFd = epollFd;
    this.#batch = batch;
    this.#commands = memory.commands;
    this.#sendArea = memory.sendArea;
    this.#reports = memory.reports;
    this.#slab = memory.slab;
    this.#set = open(epollFd, commands, reports, mostReceived, leastRoom, mostAccepted);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  wait(timeoutMs: number, deadlineMs: number): number {
    // Infinity as an argument would be made into an object on the heap, each turn.
    const count =
      deadlineMs === Number.POSITIVE_INFINITY
        ? wait(
            this.#set,
            this.#epollFd,
            this.#batch,
            this.#commands,
            this.#sendArea,
            this.#reports,
            this.#slab,
            timeoutMs,
          )
        : wait(
            this.#set,
            this.#epollFd,
            this.#batch,
            this.#commands,
            this.#sendArea,
            this.#reports,
            this.#slab,
            timeoutMs,
            deadlineMs,
          );
    if (count < 0) throw new SystemError(errorOf(count), 'epoll_wait', { fd: this.#epollFd });
    return count;
  }

  add(fd: number, role: number, noDelay: boolean, target: Int32Array): number {
    return add(this.#set, fd, role, noDelay ? 1 : 0, target);
  }

  peer(slot: number, generation: number, address: Uint8Array): number {
    return peer(this.#set, slot, generation, address);
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
