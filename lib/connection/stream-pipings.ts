// StreamPipings: what the streams of a reactor do for pipings (piping.ts): when the engine begins to move bytes, what
// it has moved, and what it gives back.
import type { StreamEngine } from '../reactor/stream-turn.js';
import { asChunk, type Chunk } from './chunk.js';
import { Kind, Op, type Reports } from './stream-area.js';
import type { Slotted, StreamSink, Streams } from './streams.js';

const UNPIPE_BYTES = 64 * 1024;

/** What waits for the end of a batch: a piping that is to go from copying to the engine. */
export interface Starting {
  start(): void;
}

/** Bytes that came earlier, for a handler in this turn or the next. */
interface Leftover {
  readonly sink: StreamSink;
  readonly bytes: Chunk;
}

export class StreamPipings {
  readonly #streams: Streams;
  readonly #engine: StreamEngine;
  readonly #reports: Reports;
  readonly #wake: () => void;
  #leftovers: Leftover[] = [];
  #starting: Starting[] = [];

  constructor(streams: Streams, engine: StreamEngine, reports: Reports, wake: () => void) {
    this.#streams = streams;
    this.#engine = engine;
    this.#reports = reports;
    this.#wake = wake;
  }

  /** Whether the engine moves bytes from stream to stream. */
  get canPipe(): boolean {
    return this.#engine.unpipe !== undefined;
  }

  get hasLeftovers(): boolean {
    return this.#leftovers.length > 0;
  }

  /** Calls start() when nothing of the batch is left, and all that was written is sent as far as there is room. */
  startWhenDone(starting: Starting): void {
    this.#starting.push(starting);
    if (!this.#streams.isUnfinished) this.startAll();
  }

  startAll(): void {
    if (this.#starting.length === 0 || this.hasLeftovers) return; // these go before what the engine moves
    this.#streams.flush();
    const all = this.#starting;
    this.#starting = [];
    for (const starting of all) starting.start();
  }

  /** From the next wait on the bytes of the source go to the target. */
  pipe(source: Slotted, target: Slotted): void {
    this.#streams.command(Op.PIPE, source, target.slot, target.generation);
  }

  /** Ends that. Returns the bytes that were under way. */
  unpipe(source: Slotted): Chunk {
    this.#streams.flush();
    const parts: Buffer[] = [];
    for (let count = 1; count > 0; ) {
      const part = Buffer.allocUnsafe(UNPIPE_BYTES);
      count = this.#engine.unpipe?.(source.slot, source.generation, part) ?? 0;
      parts.push(part.subarray(0, count));
    }
    this.#reports.isUntold = true; // the source is read again
    this.#streams.flush();
    return asChunk(Buffer.concat(parts));
  }

  /** The i-th report tells that bytes were moved. */
  moved(source: StreamSink, i: number): void {
    const reports = this.#reports;
    const { timeOuts } = this.#streams;
    const length = reports.length(i);
    const target = this.#streams.at(reports.offset(i), reports.extra(i));
    timeOuts.touch(source.slot);
    source.onPiped?.(length);
    if (target === null) return;
    timeOuts.touch(target.slot);
    target.onFed?.(length);
  }

  /** Tells at once what a piping has moved in this turn, if that is still to be told. */
  tellMoved(source: StreamSink): void {
    const reports = this.#reports;
    for (const i of this.#streams.undelivered(source)) {
      if (reports.kind(i) !== Kind.PIPED) continue;
      this.moved(source, i);
      reports.forget(i);
    }
  }

  /** Hands bytes on as if they had just come, but not within this call. */
  deliverLater(sink: StreamSink, bytes: Chunk): void {
    this.#leftovers.push({ sink, bytes });
    this.#wake();
  }

  deliverLeftovers(): number {
    let delivered = 0;
    while (this.#leftovers.length > 0) {
      this.#streams.later.throwOwed();
      const { sink, bytes } = this.#leftovers.shift() as Leftover;
      delivered++;
      if (this.#streams.at(sink.slot, sink.generation) === sink)
        sink.onData(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
    }
    return delivered;
  }

  leftoversOf(sink: StreamSink): Uint8Array[] {
    return this.#leftovers.filter((leftover) => leftover.sink === sink).map(({ bytes }) => bytes);
  }

  clear(): void {
    this.#leftovers = [];
    this.#starting = [];
  }
}
