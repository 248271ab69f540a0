// The Reactor on an I/O completion port: the readiness of sockets comes from \Device\Afd (native/sys/windows/port/afd.h), wakers, signals
// and a user's overlapped operations are packets of the same port. Translation only: Ready bits come ready-made from
// native code, where the two pure functions for them are (native/core/afd_events.h).

import { errorOf, SystemError, UnsupportedError } from '../../base/errors.js';
import { callsOf, native } from '../../native/table.js';
import { EventBatch } from '../../queue/event-batch.js';
import { dropCompleted } from '../../queue/iocp/overlapped.js';
import { type Backend, MAX_SLICE_MS } from '../backend.js';
import type { Mode } from '../interest.js';

const port = callsOf(native.port); // the constructor checks that it exists
const { wait } = port;

// Words of a PortEvent (native/sys/windows/port/iocp.h).
const GENERATION = 1;
const STATUS = 2;

/** What a completion of the user's own is given to; it returns how many handlers it ran. */
export type CompletionSink = (words: Int32Array, firstWord: number) => number;

export class IocpBackend implements Backend {
  readonly name = 'iocp';
  readonly changeCall = 'NtDeviceIoControlFile';
  readonly sourcesAreFds = false;
  /** The port's number in native code. */
  readonly fd: number;
  readonly times: Float64Array;
  readonly #batch: EventBatch;
  readonly #words: Int32Array;
  readonly #firstWord: number;
  readonly #eventWords: number;
  #sink: CompletionSink | null = null;

  constructor(maxEvents: number) {
    if (native.port === undefined) throw new UnsupportedError('iocp');
    const { layout } = native.port;
    this.#batch = new EventBatch(layout, maxEvents);
    this.#words = this.#batch.words;
    this.times = this.#batch.times;
    this.#firstWord = layout.firstWord;
    this.#eventWords = layout.eventWords;
    this.fd = port.open();
    if (this.fd < 0) throw new SystemError(errorOf(this.fd), 'CreateIoCompletionPort');
  }

  check(_interest: number, mode: Mode): void {
    if (mode === 'edge') throw new UnsupportedError("the mode 'edge'");
  }

  register(fd: number, slot: number, generation: number, interest: number, mode: Mode): number {
    return port.watch(this.fd, fd, slot, generation, interest, mode === 'oneshot' ? 1 : 0);
  }

  modify(fd: number, slot: number, generation: number, interest: number, mode: Mode): number {
    return port.modify(this.fd, fd, slot, generation, interest, mode === 'oneshot' ? 1 : 0);
  }

  muteReadClosed(fd: number): void {
    port.muteReadClosed(this.fd, fd);
  }

  /** Only this package closes a SOCKET, so the number is still the same file. */
  deregister(fd: number): boolean {
    port.unwatch(this.fd, fd);
    return true;
  }

  watchInternal(source: number, slot: number, generation: number): number {
    return port.watchSource(this.fd, source, slot, generation);
  }

  unwatchInternal(source: number): boolean {
    port.unwatchSource(source);
    return true;
  }

  wait(timeoutMs: number, deadlineMs: number): number {
    const count =
      deadlineMs === Number.POSITIVE_INFINITY
        ? wait(this.fd, this.#words, timeoutMs)
        : wait(this.fd, this.#words, timeoutMs, deadlineMs);
    if (count < 0) throw new SystemError(errorOf(count), 'GetQueuedCompletionStatusEx');
    return count;
  }

  slot(index: number): number {
    return this.#words[this.#firstWord + index * this.#eventWords] as number;
  }

  generation(index: number): number {
    return this.#words[this.#firstWord + GENERATION + index * this.#eventWords] as number;
  }

  ready(index: number): number {
    return this.#words[this.#firstWord + STATUS + index * this.#eventWords] as number;
  }

  /** A completion of an operation that the user started. */
  dispatchInternal(index: number): number {
    return this.#sink === null ? 0 : this.#sink(this.#words, this.#firstWord + index * this.#eventWords);
  }

  hasPending(): boolean {
    return this.#sink !== null && port.pending(this.fd) > 0;
  }

  /** Who is to get completions from here on. False where there is somebody already. */
  setSink(sink: CompletionSink): boolean {
    if (this.#sink !== null) return false;
    this.#sink = sink;
    return true;
  }

  submitChanges(): void {
    const result = port.submitChanges(this.fd);
    if (result < 0) throw new SystemError(errorOf(result), 'NtDeviceIoControlFile');
  }

  readClock(): void {
    this.#batch.readClock();
  }

  // Node's loop has a port of its own there, which nothing else can wait for.
  watchHost(): number {
    return MAX_SLICE_MS;
  }

  /** It may: nothing tells. */
  hostNeedsTurn(): boolean {
    return true;
  }

  unwatchHost(): void {}

  close(): void {
    port.close(this.fd);
    if (this.#sink !== null) dropCompleted();
  }
}
