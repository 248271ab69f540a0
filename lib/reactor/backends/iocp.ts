// The Reactor on an I/O completion port. The readiness of sockets comes from \Device\Afd
// (native/sys/windows/port/afd.h). Wakers, signals and a user's overlapped operations are packets of the same port.
// Translation only: native code makes the Ready bits (native/core/afd_events.h).
//
// There is no host part: Node's loop has a port of its own, and no wait covers two ports.

import { errorOf, SystemError, UnsupportedError } from '../../base/errors.js';
import { callsOf, native } from '../../native/table.js';
import { EventBatch } from '../../queue/event-batch.js';
import { dropCompleted } from '../../queue/iocp/overlapped.js';
import type { Backend, BackendKind, CompletionPart } from '../backend.js';
import type { Mode } from '../interest.js';
import type { StreamEngine, StreamLimits, StreamMemory } from '../stream-turn.js';
import { NativeStreams } from './native-streams.js';

const port = callsOf(native.port); // the constructor checks that it exists
const { wait } = port;

const { slotWord, generationWord, statusWord } = callsOf(native.port?.layout);

/** Gets each completion of an operation that the user started. Returns how many handlers it ran. */
export type CompletionSink = (words: Int32Array, firstWord: number) => number;

/** The completions of the user's operations, once portOf() has set a sink for them. */
class IocpCompletions implements CompletionPart {
  readonly #port: number;
  readonly #words: Int32Array;
  readonly #firstWord: number;
  readonly #eventWords: number;
  #sink: CompletionSink | null = null;

  constructor(port: number, words: Int32Array, firstWord: number, eventWords: number) {
    this.#port = port;
    this.#words = words;
    this.#firstWord = firstWord;
    this.#eventWords = eventWords;
  }

  /** Sets what gets completions from here on. False if there is a sink already. */
  setSink(sink: CompletionSink): boolean {
    if (this.#sink !== null) return false;
    this.#sink = sink;
    return true;
  }

  hasPending(): boolean {
    return this.#sink !== null && port.pending(this.#port) > 0;
  }

  dispatch(index: number): number {
    return this.#sink === null ? 0 : this.#sink(this.#words, this.#firstWord + index * this.#eventWords);
  }

  /** The port is closed. */
  close(): void {
    if (this.#sink !== null) dropCompleted();
  }
}

export class IocpBackend implements Backend {
  readonly kind: BackendKind = iocp;
  readonly changeCall = 'NtDeviceIoControlFile';
  /** The port's number in native code. */
  readonly fd: number;
  readonly times: Float64Array;
  readonly completions: IocpCompletions;
  #streams: NativeStreams | null = null;
  readonly #batch: EventBatch;
  readonly #words: Int32Array;
  readonly #firstWord: number;
  readonly #eventWords: number;

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
    this.completions = new IocpCompletions(this.fd, this.#words, this.#firstWord, this.#eventWords);
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

  openStreams(memory: StreamMemory, limits: StreamLimits): StreamEngine {
    const { changeCall } = this;
    const own = {
      queue: this.fd,
      batch: this.#words,
      changeCall,
      waitCall: 'GetQueuedCompletionStatusEx',
      details: {},
    };
    this.#streams = new NativeStreams(own, memory, limits);
    return this.#streams;
  }

  wait(timeoutMs: number, deadlineMs: number): number {
    if (this.#streams?.isOpen === true) return this.#streams.wait(timeoutMs, deadlineMs);
    const count =
      deadlineMs === Number.POSITIVE_INFINITY
        ? wait(this.fd, this.#words, timeoutMs)
        : wait(this.fd, this.#words, timeoutMs, deadlineMs);
    if (count < 0) throw new SystemError(errorOf(count), 'GetQueuedCompletionStatusEx');
    return count;
  }

  slot(index: number): number {
    return this.#words[this.#firstWord + slotWord + index * this.#eventWords] as number;
  }

  generation(index: number): number {
    return this.#words[this.#firstWord + generationWord + index * this.#eventWords] as number;
  }

  ready(index: number): number {
    return this.#words[this.#firstWord + statusWord + index * this.#eventWords] as number;
  }

  submitChanges(): void {
    const result = port.submitChanges(this.fd);
    if (result < 0) throw new SystemError(errorOf(result), 'NtDeviceIoControlFile');
  }

  readClock(): void {
    this.#batch.readClock();
  }

  close(): void {
    port.close(this.fd);
    this.completions.close();
  }
}

export const iocp = {
  name: 'iocp',
  available: native.port !== undefined,
  capabilities: { edge: false, oneshot: true, priority: true, exclusive: false, attach: true },
  open: (maxEvents: number) => new IocpBackend(maxEvents),
} as const satisfies BackendKind;
