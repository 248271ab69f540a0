// The streams of a reactor: connections and listeners by slot, their commands, and the reports of each wait. What a
// backend does with these is its own (native/sys/streams/streams.h).
//
// A report is handed on in the order in which it came. #next says which comes next, and moves on before a handler is
// called. So a handler may throw: the next turn goes on from there.
//
// A call can be cut short (ARCHITECTURE.md): the engine has sent and received, and JavaScript has not looked. So it is
// noted before each call that its results are owed, and the next call that finds the note looks at them.
import { errorOf, invalidState, SystemError } from '../base/errors.js';
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
  /** @param isSend of bytes that were to be sent */
  onFailed(error: number, isSend: boolean): void;
  onAccepted(slot: number, generation: number, fd: number): void;
  onAcceptFailed(error: number): void;
  /** The reactor is closed: the fd is closed already. Calls no handler. */
  onReactorClosed(): void;
}

/** To copy more would cost more than a call. */
const LARGEST_COPY = 16 * 1024;

/** Slots are given out from below: one that is farther above the others than that is none of the engine's. */
const MOST_SKIPPED = 2 ** 20;

const added = new Int32Array(2);

export class Streams implements StreamTurn {
  readonly commands: Commands;
  /** Writes of more bytes are sent from the caller's memory. */
  readonly largestCopy: number;
  readonly #reports: Reports;
  readonly #slab: Buffer<ArrayBuffer>;
  readonly #engine: StreamEngine;
  readonly #wake: () => void;
  readonly #sinks: (StreamSink | null)[] = [];
  /** Failed sends, whose handlers are called in the next turn: slot and generation and error, in turn. */
  readonly #failures: number[] = [];
  /** What handlers threw that were called by a call of the program's: thrown in the next turn, or by this one. */
  readonly #thrown: unknown[] = [];
  /** A flush or a wait has begun, and what the commands came to was not looked at. */
  #owesResults = false;
  /** The same of the reports of a wait. */
  #owesReports = false;
  #size = 0;
  #next = 0;
  #count = 0;
  #epoch = 0;

  /** @param wake tells a host that waits that there is something to do */
  constructor(open: (memory: StreamMemory) => StreamEngine, limits: StreamLimits, wake: () => void) {
    this.commands = new Commands(limits.commands, limits.sendBytes);
    this.#reports = Reports.of(limits.reports);
    this.#slab = Buffer.from(new ArrayBuffer(limits.slabBytes));
    this.#wake = wake;
    this.largestCopy = Math.min(LARGEST_COPY, limits.sendBytes);
    const { words: commands, sendArea } = this.commands;
    this.#engine = open({ commands, sendArea, reports: this.#reports.words, slab: this.#slab });
  }

  get size(): number {
    return this.#size;
  }

  get isUnfinished(): boolean {
    const hasErrors = this.#failures.length > 0 || this.#thrown.length > 0;
    return this.#next < this.#count || hasErrors || this.#owesReports;
  }

  get isDue(): boolean {
    return this.commands.count > 0 || this.#reports.isUnserved;
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
    if (slot - this.#sinks.length > MOST_SKIPPED) throw invalidState(`there is no stream ${slot}`);
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
    this.reserve(0);
    this.#push(op, sink, 0, 0);
  }

  /**
   * Room for so many bytes at the end of what is used of the send area, and for one command; carries out what there is
   * if there is no such room: then bytes of the sink may have been left over (onPartial). The room is taken by
   * `send()`.
   */
  reserve(length: number): void {
    const { commands } = this;
    const hasRoom = commands.sendUsed + length <= commands.sendArea.length && commands.count < commands.capacity;
    if (!hasRoom || this.#owesResults) this.flush();
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

  /** Throws the error out of a turn, and not out of the call that ran the handler. */
  throwLater(error: unknown): void {
    this.#thrown.push(error);
    this.#wake();
  }

  flush(): void {
    if (this.#owesResults) this.#settle();
    if (this.commands.count === 0) return;
    this.#owesResults = true;
    this.#engine.flush();
    this.#settle();
  }

  prepare(): void {
    if (this.#owesResults) this.#settle();
    this.#reports.clear();
    this.#next = this.#count = 0;
    this.#owesReports = this.#owesResults = true;
  }

  begin(): void {
    if (this.#owesResults) this.#settle();
    this.#next = 0;
    this.#count = this.#reports.count;
    this.#owesReports = false;
  }

  deliver(): number {
    if (this.#owesReports) this.begin();
    let delivered = this.#deliverFailures();
    const reports = this.#reports;
    while (this.#next < this.#count) {
      if (this.#thrown.length > 0) throw this.#thrown.shift();
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
          sink.onFailed(reports.length(i), false);
          break;
        case Kind.ACCEPTED:
          sink.onAccepted(reports.offset(i), reports.length(i), reports.extra(i));
          break;
        default:
          sink.onAcceptFailed(reports.length(i));
      }
    }
    if (this.#thrown.length > 0) throw this.#thrown.shift();
    return delivered;
  }

  /** A copy of what was received for the sink in this turn, and not handed on yet. */
  takeUnread(sink: StreamSink): Buffer {
    const reports = this.#reports;
    const parts: Buffer[] = [];
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
    const sinks = [...this];
    this.#sinks.length = 0;
    this.#size = 0;
    this.#engine.close();
    for (const sink of sinks) sink.onReactorClosed();
  }

  /** Closes a connection whose listener is gone. */
  #refuse(slot: number, generation: number): void {
    this.reserve(0);
    this.commands.push(Op.CLOSE, slot, generation, 0, 0);
  }

  #push(op: number, sink: StreamSink, offset: number, length: number): number {
    const place = this.commands.push(op, sink.slot, sink.generation, offset, length);
    if (place === 0) this.#wake();
    return place;
  }

  /** Looks at what the commands came to, and forgets them, unless they are still to be carried out. */
  #settle(): void {
    const { commands } = this;
    this.#owesResults = commands.count === 0;
    if (!this.#owesResults) return;
    const { results } = commands;
    for (let i = 0; i < results.count; i++) {
      const sink = this.#at(results.slot(i), results.generation(i));
      if (sink === null) continue;
      if (results.kind(i) === Kind.PARTIAL) sink.onPartial(results.length(i), commands);
      else this.#failures.push(sink.slot, sink.generation, results.length(i));
    }
    commands.clear();
    this.#epoch++;
    this.#owesResults = false;
  }

  #deliverFailures(): number {
    let delivered = 0;
    while (this.#failures.length > 0) {
      if (this.#thrown.length > 0) throw this.#thrown.shift();
      const [slot, generation, error] = this.#failures.splice(0, 3) as [number, number, number];
      delivered++;
      this.#at(slot, generation)?.onFailed(error, true);
    }
    return delivered;
  }

  #at(slot: number, generation: number): StreamSink | null {
    const sink = this.#sinks[slot];
    return sink != null && sink.generation === generation ? sink : null;
  }
}
