// The streams of a reactor: connections and listeners by slot, their commands, and the reports of each wait. What a
// backend does with these is its own (native/sys/streams/streams.h).
//
// A report is handed on in the order in which it came. #next says which comes next, and moves on before a handler is
// called. So a handler may throw: the next turn goes on from there.
import { errorOf, SystemError } from '../base/errors.js';
import type { StreamEngine, StreamLimits, StreamMemory, StreamTurn } from '../reactor/stream-turn.js';
import { Commands, Kind, Op, Reports } from './stream-area.js';

/** enum StreamRole of native/sys/streams/streams.h. */
export const Role = { CONNECTED: 0, CONNECTING: 1, LISTENER: 2 } as const;

/** What has a slot. What it throws leaves the turn. */
export interface StreamSink {
  readonly slot: number;
  readonly generation: number;
  /** Bytes arrived, which are valid until this returns. */
  onData(bytes: Buffer): void;
  onEnd(): void;
  onRoom(): void;
  /** Of what the last flush was to send, only so many bytes were taken. Calls no handler. */
  onPartial(sent: number, commands: Commands): void;
  onFailed(error: number): void;
  onAccepted(slot: number, generation: number, fd: number): void;
  onAcceptFailed(error: number): void;
  /** Bytes that have come went to the target of a piping; and bytes of a source went out here. */
  onPiped?(length: number): void;
  onFed?(length: number): void;
  /** The engine does not move the bytes of the piping. Nothing comes until unpipe(). */
  onUnpiped?(error: number): void;
  /** The reactor is closed: the fd is closed already. Calls no handler. */
  onReactorClosed(): void;
}

const added = new Int32Array(2);

/** What waits for the end of a batch: a piping that is to go from copying to the engine. */
export interface Starting {
  start(): void;
}

/** Bytes that came earlier, for a handler in this turn or the next. */
interface Leftover {
  readonly sink: StreamSink;
  readonly bytes: Buffer;
}

const UNPIPE_BYTES = 64 * 1024;

export class Streams implements StreamTurn {
  readonly commands: Commands;
  readonly #reports: Reports;
  readonly #slab: Buffer<ArrayBuffer>;
  readonly #engine: StreamEngine;
  readonly #wake: () => void;
  readonly #sinks: (StreamSink | null)[] = [];
  /** Failed sends, whose handlers are called in the next turn: slot, generation and error, in turn; 0 for the end. */
  readonly #failures: number[] = [];
  #leftovers: Leftover[] = [];
  #starting: Starting[] = [];
  #size = 0;
  #next = 0;
  #count = 0;
  #epoch = 0;

  /** @param wake tells a host that waits that there is something to do */
  constructor(
    open: (streams: StreamMemory, limits: StreamLimits) => StreamEngine,
    limits: StreamLimits,
    wake: () => void,
  ) {
    this.commands = new Commands(limits.commands, limits.sendBytes);
    this.#reports = Reports.of(limits.reports);
    this.#slab = Buffer.from(new ArrayBuffer(limits.slabBytes));
    this.#wake = wake;
    const { words: commands, sendArea } = this.commands;
    this.#engine = open({ commands, sendArea, reports: this.#reports.words, slab: this.#slab }, limits);
  }

  get size(): number {
    return this.#size;
  }

  get isUnfinished(): boolean {
    return this.#next < this.#count || this.#failures.length > 0 || this.#leftovers.length > 0;
  }

  get hasCommands(): boolean {
    return this.commands.count > 0;
  }

  /** Goes up with each flush: the place of a command is that of one epoch. */
  get epoch(): number {
    return this.#epoch;
  }

  /**
   * Takes over an fd. Returns its slot; `addedGeneration` has its generation. put() follows.
   *
   * @throws SystemError of epoll_ctl(2)
   */
  add(fd: number, role: number, noDelay: boolean): number {
    const result = this.#engine.add(fd, role, noDelay, added);
    if (result < 0) throw new SystemError(errorOf(result), this.#engine.changeCall, { fd });
    return added[0] as number;
  }

  get addedGeneration(): number {
    return added[1] as number;
  }

  put(sink: StreamSink): void {
    const { slot } = sink;
    while (this.#sinks.length <= slot) this.#sinks.push(null);
    this.#sinks[slot] = sink;
    this.#size++;
  }

  /** The slot is free from here on. Reports of it that are left over go nowhere. */
  remove(sink: StreamSink): void {
    if (this.#sinks[sink.slot] !== sink) return;
    this.#sinks[sink.slot] = null;
    this.#size--;
    this.#wake();
  }

  /** The peer's address that accept(2) told. Returns a native result. */
  peer(sink: StreamSink, address: Uint8Array): number {
    return this.#engine.peer(sink.slot, sink.generation, address);
  }

  *[Symbol.iterator](): Iterator<StreamSink> {
    for (const sink of this.#sinks) if (sink !== null) yield sink;
  }

  /** Adds a command that has no bytes. */
  command(op: number, sink: StreamSink): void {
    if (this.commands.count === this.commands.capacity) this.flush();
    this.#push(op, sink, 0, 0);
  }

  /**
   * Room for so many bytes at the end of what is used of the send area, and for one command; carries out what there is
   * if there is no such room. The room is taken by `send()`.
   */
  reserve(length: number): void {
    const { commands } = this;
    if (commands.sendUsed + length > commands.sendArea.length || commands.count === commands.capacity) this.flush();
  }

  /**
   * Sends `length` bytes that were written behind the used part of the send area.
   *
   * @param tail the last part of what this sink sends in this epoch; -1 for none
   * @returns the new last part
   */
  send(sink: StreamSink, tail: number, length: number): number {
    const { commands } = this;
    let place = tail;
    if (tail < 0) place = this.#push(Op.SEND, sink, commands.sendUsed, length);
    else if (!commands.extend(tail, length)) {
      place = commands.push(Op.SEND_MORE, sink.slot, sink.generation, commands.sendUsed, length);
      commands.link(tail, place);
    }
    commands.sendUsed += length;
    return place;
  }

  /** Tells the sink of an error in the next turn, and not within the call that had it. */
  failLater(sink: StreamSink, error: number): void {
    this.#failures.push(sink.slot, sink.generation, error);
    this.#wake();
  }

  /** Whether the engine moves bytes from stream to stream. */
  get canPipe(): boolean {
    return this.#engine.unpipe !== undefined;
  }

  /** Calls start() when nothing of the batch is left, and all that was written is sent as far as there is room. */
  startWhenDone(starting: Starting): void {
    this.#starting.push(starting);
    if (!this.isUnfinished) this.#startAll();
  }

  /** From the next wait on the bytes of the source go to the target. */
  pipe(source: StreamSink, target: StreamSink): void {
    if (this.commands.count === this.commands.capacity) this.flush();
    this.#push(Op.PIPE, source, target.slot, target.generation);
  }

  /** Ends that. Returns the bytes that were under way. */
  unpipe(source: StreamSink): Buffer {
    this.flush();
    const parts: Buffer[] = [];
    for (let count = 1; count > 0; ) {
      const part = Buffer.allocUnsafe(UNPIPE_BYTES);
      count = this.#engine.unpipe?.(source.slot, source.generation, part) ?? 0;
      parts.push(part.subarray(0, count));
    }
    return Buffer.concat(parts);
  }

  /** Tells at once what a piping has moved in this turn, if that is still to be told. */
  tellPiped(source: StreamSink): void {
    const reports = this.#reports;
    for (let i = this.#next; i < this.#count; i++) {
      if (reports.kind(i) !== Kind.PIPED || this.#at(reports.slot(i), reports.generation(i)) !== source) continue;
      this.#piped(source, i);
      reports.forget(i);
    }
  }

  /** Hands bytes on as if they had just come, but not within this call. */
  deliverLater(sink: StreamSink, bytes: Buffer): void {
    this.#leftovers.push({ sink, bytes });
    this.#wake();
  }

  flush(): void {
    if (!this.hasCommands) return;
    this.#engine.flush();
    this.#settle();
  }

  begin(): void {
    this.#settle();
    this.#next = 0;
    this.#count = this.#reports.count;
  }

  deliver(): number {
    let delivered = this.#deliverFailures() + this.#deliverLeftovers();
    const reports = this.#reports;
    while (this.#next < this.#count) {
      const i = this.#next++;
      const sink = this.#at(reports.slot(i), reports.generation(i));
      if (sink === null) {
        if (reports.kind(i) === Kind.ACCEPTED) this.#refuse(reports.offset(i), reports.length(i));
        continue;
      }
      delivered++;
      switch (reports.kind(i)) {
        case Kind.DATA: {
          const offset = reports.offset(i);
          sink.onData(this.#slab.subarray(offset, offset + reports.length(i)));
          break;
        }
        case Kind.END:
          sink.onEnd();
          break;
        case Kind.ROOM:
          sink.onRoom();
          break;
        case Kind.FAILED:
          sink.onFailed(reports.length(i));
          break;
        case Kind.ACCEPTED:
          sink.onAccepted(reports.offset(i), reports.length(i), reports.extra(i));
          break;
        case Kind.PIPED:
          this.#piped(sink, i);
          break;
        case Kind.UNPIPED:
          sink.onUnpiped?.(reports.length(i));
          break;
        case Kind.ACCEPT_FAILED:
          sink.onAcceptFailed(reports.length(i));
      }
    }
    this.#startAll();
    return delivered;
  }

  /** A copy of what was received for the sink in this turn, and not handed on yet. */
  takeUnread(sink: StreamSink): Buffer {
    const reports = this.#reports;
    const parts: Buffer[] = this.#leftovers.filter((leftover) => leftover.sink === sink).map(({ bytes }) => bytes);
    for (let i = this.#next; i < this.#count; i++) {
      if (reports.slot(i) !== sink.slot || reports.generation(i) !== sink.generation) continue;
      if (reports.kind(i) !== Kind.DATA) continue;
      const offset = reports.offset(i);
      parts.push(this.#slab.subarray(offset, offset + reports.length(i)));
    }
    return Buffer.concat(parts);
  }

  close(): void {
    this.flush();
    this.#next = this.#count = 0;
    this.#failures.length = 0;
    this.#leftovers = [];
    this.#starting = [];
    const sinks = [...this];
    this.#sinks.length = 0;
    this.#size = 0;
    this.#engine.close();
    for (const sink of sinks) sink.onReactorClosed();
  }

  /** Closes a connection whose listener is gone. */
  #refuse(slot: number, generation: number): void {
    if (this.commands.count === this.commands.capacity) this.flush();
    this.commands.push(Op.CLOSE, slot, generation, 0, 0);
  }

  #push(op: number, sink: StreamSink, offset: number, length: number): number {
    const place = this.commands.push(op, sink.slot, sink.generation, offset, length);
    if (place === 0) this.#wake();
    return place;
  }

  /** Looks at what the commands came to, and forgets them. */
  #settle(): void {
    const { commands } = this;
    const { results } = commands;
    for (let i = 0; i < results.count; i++) {
      const sink = this.#at(results.slot(i), results.generation(i));
      if (sink === null) continue;
      if (results.kind(i) === Kind.PARTIAL) sink.onPartial(results.length(i), commands);
      else this.#failures.push(sink.slot, sink.generation, results.length(i));
    }
    commands.clear();
    this.#epoch++;
  }

  #deliverFailures(): number {
    let delivered = 0;
    while (this.#failures.length > 0) {
      const [slot, generation, error] = this.#failures.splice(0, 3) as [number, number, number];
      delivered++;
      const sink = this.#at(slot, generation);
      if (error === 0) sink?.onEnd();
      else sink?.onFailed(error);
    }
    return delivered;
  }

  #deliverLeftovers(): number {
    let delivered = 0;
    while (this.#leftovers.length > 0) {
      const { sink, bytes } = this.#leftovers.shift() as Leftover;
      delivered++;
      if (this.#at(sink.slot, sink.generation) === sink) sink.onData(bytes);
    }
    return delivered;
  }

  #piped(source: StreamSink, i: number): void {
    const reports = this.#reports;
    const length = reports.length(i);
    source.onPiped?.(length);
    this.#at(reports.offset(i), reports.extra(i))?.onFed?.(length);
  }

  #startAll(): void {
    if (this.#starting.length === 0) return;
    this.flush();
    const all = this.#starting;
    this.#starting = [];
    for (const starting of all) starting.start();
  }

  #at(slot: number, generation: number): StreamSink | null {
    const sink = this.#sinks[slot];
    return sink != null && sink.generation === generation ? sink : null;
  }
}
