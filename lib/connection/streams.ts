// The streams of a reactor: connections and listeners by slot, their commands, and the reports of each wait. What a
// backend does with these is its own (native/sys/streams/streams.h).
//
// A report is handed on in the order in which it came. #next says which comes next, and moves on before a handler is
// called. So a handler may throw: the next turn goes on from there.
//
// A call can be cut short (ARCHITECTURE.md): the engine has sent and received, and JavaScript has not looked. So it is
// noted before each call that its results are owed, and the next call that finds the note looks at them.
import { BAD_ARGUMENT, errorOf, invalidState, invalidValue, SystemError } from '../base/errors.js';
import { native } from '../native/table.js';
import { CLOCK, WAITED } from '../queue/event-batch.js';
import type { StreamEngine, StreamLimits, StreamMemory, StreamTurn } from '../reactor/stream-turn.js';
import { onClose } from '../socket/closing.js';
import { type Chunk, chunkOf } from './chunk.js';
import { Later } from './later.js';
import { NO_SLOT, SlotsByFd } from './slots-by-fd.js';
import { CALLS, Call, Commands, FILE_FOLLOWS, Kind, Op, Reports } from './stream-area.js';
import { StreamPipings } from './stream-pipings.js';
import { type SetTimer, TimeOutTimer } from './time-out-timer.js';
import { TimeOut } from './time-outs.js';

/** enum StreamRole of native/sys/streams/streams.h. */
export const Role = { CONNECTED: 0, CONNECTING: 1, LISTENER: 2 } as const;

/** What is told later. */
const Told = {
  ROOM: 0,
  TIMED_OUT: 1,
  NO_HALVES: 2,
  QUEUE_FULL: 3,
  FAILED: 4 /* plus the number of the call */,
} as const;

/** What has a slot. */
export interface Slotted {
  readonly slot: number;
  readonly generation: number;
}

/** What the streams tell of a slot. What it throws leaves the turn. */
export interface StreamSink extends Slotted {
  readonly fd: number;
  /** Bytes arrived, which are valid until this returns. */
  onData(bytes: Chunk): void;
  onEnd(): void;
  onRoom(): void;
  /** Of what the last flush was to send, from the part `first` on, only so many bytes were taken. Calls no handler. */
  onPartial(first: number, sent: number, commands: Commands): void;
  /** Of the file that the last flush was to send, so many bytes were taken. Calls no handler. */
  onFileSent(sent: number, hasEnded: boolean): void;
  onFailed(error: number, syscall: string): void;
  onTimedOut(isDeadline: boolean): void;
  /** More was written than may be queued. */
  onQueueFull(): void;
  /** All is sent by an fd that only sends. */
  onNoHalves(): void;
  onAccepted(slot: number, generation: number, fd: number): void;
  onAcceptFailed(error: number, syscall: string): void;
  /** Bytes that have come went to the target of a piping; and bytes of a source went out here. */
  onPiped?(length: number): void;
  onFed?(length: number): void;
  /** The engine does not move the bytes of the piping. Nothing comes until unpipe(). */
  onUnpiped?(error: number): void;
  /** The reactor is closed: the fd is closed already. Calls no handler. */
  onReactorClosed(): void;
}

/** What streams need of their reactor. */
export interface StreamHost {
  /** The clock of its turns (event-batch.ts). */
  readonly times: Float64Array;
  /** Tells a host that waits that there is something to do. */
  wake(): void;
  readonly setTimer: SetTimer;
}

/** To copy more would cost more than a call. */
const LARGEST_COPY = 16 * 1024;

/** Slots are given out from below: one that is farther above the others than is not the engine's. */
const MOST_SKIPPED = 2 ** 20;

const ENOMEM = native.constants.error.ENOMEM as number;

const added = new Int32Array(2);

export class Streams implements StreamTurn {
  readonly commands: Commands;
  /** Writes of more bytes are sent from the caller's memory. */
  readonly largestCopy: number;
  readonly #reports: Reports;
  readonly #memory: StreamMemory;
  readonly #slabBytes: number;
  #slab: ArrayBuffer;
  readonly #engine: StreamEngine;
  readonly #host: StreamHost;
  readonly #sinks: (StreamSink | null)[] = [];
  /** Those of the sinks: only they close them. */
  readonly #slots = new SlotsByFd();
  readonly #forgetCloses = onClose(this);
  readonly later: Later;
  readonly pipings: StreamPipings;
  readonly timeOuts: TimeOutTimer;
  /** A flush or a wait has begun, and what the commands came to was not looked at. */
  #owesResults = false;
  /** The same of the reports of a wait. */
  #owesReports = false;
  #size = 0;
  #next = 0;
  #count = 0;

  constructor(open: (memory: StreamMemory) => StreamEngine, limits: StreamLimits, host: StreamHost) {
    this.commands = new Commands(limits.commands, limits.sendBytes);
    this.#reports = Reports.of(limits.reports);
    this.#slab = new ArrayBuffer(limits.slabBytes);
    this.#host = host;
    const wake = () => host.wake();
    this.later = new Later((slot, generation, kind, value) => this.#tell(slot, generation, kind, value), wake);
    this.timeOuts = new TimeOutTimer(host.setTimer, (slot, timeOut) => {
      const sink = this.#sinks[slot];
      if (sink != null) this.#tellLater(sink, Told.TIMED_OUT, timeOut);
    });
    this.largestCopy = Math.min(LARGEST_COPY, limits.sendBytes);
    const { words: commands, sendArea } = this.commands;
    this.#slabBytes = limits.slabBytes;
    this.#memory = { commands, sendArea, reports: this.#reports.words, slab: new Uint8Array(this.#slab) };
    this.#engine = open(this.#memory);
    this.pipings = new StreamPipings(this, this.#engine, this.#reports, wake);
  }

  get size(): number {
    return this.#size;
  }

  get isUnfinished(): boolean {
    return !this.isBatchOver || !this.later.isEmpty || this.pipings.hasLeftovers;
  }

  get isBatchOver(): boolean {
    return this.#next === this.#count && !this.#owesReports && !this.later.hasThrown;
  }

  get isDue(): boolean {
    return this.commands.count > 0 || this.#reports.isUnserved;
  }

  /**
   * Takes over an fd. Returns its slot; `addedGeneration` has its generation. put() follows.
   *
   * @throws SystemError of epoll_ctl(2); TypeError ERR_INVALID_ARG_VALUE for a socket of datagrams
   */
  add(fd: number, role: number, noDelay: boolean): number {
    const result = this.#engine.add(fd, role, noDelay, added);
    if (result === BAD_ARGUMENT) throw invalidValue('fd', 'that of a stream of bytes', fd);
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
    this.#slots.set(sink.fd, slot);
    if (this.#size++ === 0) this.#host.wake(); // from here on they keep the process alive
  }

  /** The slot is free from here on. Reports of it that are left over go nowhere. */
  remove(sink: Slotted): void {
    const found = this.at(sink.slot, sink.generation);
    if (found === null) return;
    this.#sinks[sink.slot] = null;
    this.#slots.delete(found.fd, sink.slot);
    this.#size--;
    this.timeOuts.forget(sink.slot);
    this.#host.wake();
  }

  ownerOf(fd: number): string | undefined {
    const slot = this.#slots.get(fd);
    const sink = slot === NO_SLOT ? null : this.#sinks[slot];
    if (sink == null || !this.#engine.hasItsFd(slot, sink.generation)) return undefined;
    return 'a Connection or a Listener, which closes it: close() or detach() that';
  }

  /** The peer's address that accept(2) told. Returns a native result. */
  peer(sink: Slotted, address: Uint8Array): number {
    return this.#engine.peer(sink.slot, sink.generation, address);
  }

  *[Symbol.iterator](): Iterator<StreamSink> {
    for (const sink of this.#sinks) if (sink !== null) yield sink;
  }

  /** Adds a command that has no bytes. */
  command(op: number, sink: Slotted, offset = 0, length = 0): void {
    this.reserve(0);
    this.#push(op, sink, offset, length);
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
   * @param tail the last part of what this sink has sent, which may be gone
   * @returns the new last part
   */
  send(sink: Slotted, tail: number, length: number): number {
    const { commands } = this;
    let place = tail;
    if (!commands.isPart(tail, sink.slot, sink.generation))
      place = this.#push(Op.SEND, sink, commands.sendUsed, length);
    else if (!commands.extend(tail, length)) {
      place = commands.push(Op.SEND_MORE, sink.slot, sink.generation, commands.sendUsed, length);
      commands.link(tail, place);
    }
    commands.sendUsed += length;
    return place;
  }

  /**
   * Sends a range of a file, behind what the sink sends in this turn. onFileSent() follows.
   *
   * @param tail the last part of what this sink has sent, which may be gone
   */
  sendFile(sink: Slotted, tail: number, file: number, start: number, length: number): void {
    const { commands } = this;
    if (commands.count + 2 > commands.capacity || this.#owesResults) this.flush();
    else if (commands.isPart(tail, sink.slot, sink.generation)) commands.link(tail, FILE_FOLLOWS);
    const place = this.#push(Op.SEND_FILE, sink, file, length);
    const low = start | 0;
    commands.link(
      place,
      commands.push(Op.FILE_PLACE, sink.slot, sink.generation, low, Math.floor(start / 2 ** 32) | 0),
    );
  }

  /** Tells the sink of an error of a call in a later turn, and not within the call that had it. */
  failLater(sink: Slotted, error: number, call: number): void {
    this.#tellLater(sink, Told.FAILED + call, error);
  }

  /** Calls the sink's onQueueFull() in a later turn. */
  fullLater(sink: Slotted): void {
    this.#tellLater(sink, Told.QUEUE_FULL, 0);
  }

  /** Calls the sink's onRoom() in a later turn. */
  roomLater(sink: Slotted): void {
    this.#tellLater(sink, Told.ROOM, 0);
  }

  flush(): void {
    if (this.#owesResults) this.#settle();
    if (this.commands.count === 0 && !this.#reports.isUntold) return;
    this.#owesResults = true;
    this.#reports.isUntold = false;
    this.#engine.flush();
    this.timeOuts.beginNow();
    this.#settle();
  }

  prepare(): void {
    if (this.#owesResults) this.#settle();
    if (this.#slab.byteLength === 0) this.#renewSlab();
    this.#reports.clear();
    this.#next = this.#count = 0;
    this.#owesReports = this.#owesResults = true;
  }

  begin(): void {
    const { times } = this.#host;
    const nowMs = times[CLOCK] as number;
    this.timeOuts.begin(nowMs - (times[WAITED] as number));
    if (this.#owesResults) this.#settle();
    this.timeOuts.begin(nowMs);
    this.#next = 0;
    this.#count = this.#reports.count;
    this.#owesReports = false;
    if (this.later.hasNews && this.timeOuts.isUsed) this.#touchReported();
  }

  deliver(): number {
    if (this.#owesReports) this.begin();
    let delivered = 0;
    // Those that come meanwhile are told by the next call, or these could go on for ever.
    for (let left = this.later.news; left > 0 && this.later.hasNews; left--) {
      this.later.throwOwed();
      delivered++;
      this.later.shift();
    }
    delivered += this.later.callOwed() + this.pipings.deliverLeftovers();
    const reports = this.#reports;
    while (this.#next < this.#count) {
      this.later.throwOwed();
      const i = this.#next++;
      const sink = this.at(reports.slot(i), reports.generation(i));
      if (sink === null) {
        if (reports.kind(i) === Kind.ACCEPTED) this.#refuse(reports.offset(i), reports.length(i));
        continue;
      }
      delivered++;
      this.#deliverOne(sink, i);
    }
    this.pipings.startAll();
    this.later.throwOwed();
    return delivered;
  }

  /** A copy of what was received for the sink in this turn, and not handed on yet. */
  takeUnread(sink: StreamSink): Buffer {
    const reports = this.#reports;
    const parts = this.pipings.leftoversOf(sink);
    for (const i of this.undelivered(sink)) {
      if (reports.kind(i) === Kind.DATA) parts.push(new Uint8Array(this.#slab, reports.offset(i), reports.length(i)));
    }
    return Buffer.concat(parts);
  }

  /** The places of the reports of a sink that were not handed on yet. */
  *undelivered(sink: Slotted): Iterable<number> {
    for (let i = this.#next; i < this.#count; i++) {
      if (this.#reports.slot(i) === sink.slot && this.#reports.generation(i) === sink.generation) yield i;
    }
  }

  close(): void {
    this.flush();
    this.#next = this.#count = 0;
    this.later.clear();
    this.pipings.clear();
    this.timeOuts.cancel();
    const sinks = [...this];
    this.#sinks.length = 0;
    this.#size = 0;
    this.#slots.clear();
    this.#forgetCloses();
    this.#engine.close();
    for (const sink of sinks) sink.onReactorClosed();
    this.later.clear();
  }

  /** A handler has transferred the buffer of its chunk, and with it what others were to get of this turn. */
  #renewSlab(): void {
    this.#slab = new ArrayBuffer(this.#slabBytes);
    this.#memory.slab = new Uint8Array(this.#slab);
  }

  #deliverOne(sink: StreamSink, i: number): void {
    const reports = this.#reports;
    switch (reports.kind(i)) {
      case Kind.DATA:
        this.timeOuts.touch(sink.slot);
        if (this.#slab.byteLength === 0) sink.onFailed(ENOMEM, this.#nameOf(Call.RECEIVE));
        else sink.onData(chunkOf(this.#slab, reports.offset(i), reports.length(i)));
        break;
      case Kind.END:
        sink.onEnd();
        break;
      case Kind.ROOM:
        this.timeOuts.touch(sink.slot);
        sink.onRoom();
        break;
      case Kind.FAILED:
        sink.onFailed(reports.length(i), this.#nameOf(reports.extra(i)));
        break;
      case Kind.ACCEPTED:
        sink.onAccepted(reports.offset(i), reports.length(i), reports.extra(i));
        break;
      case Kind.PIPED:
        this.pipings.moved(sink, i);
        break;
      case Kind.UNPIPED:
        sink.onUnpiped?.(reports.length(i));
        break;
      case Kind.ACCEPT_FAILED:
        sink.onAcceptFailed(reports.length(i), this.#nameOf(reports.extra(i)));
    }
  }

  #tellLater(sink: Slotted, kind: number, value: number): void {
    this.later.push(sink.slot, sink.generation, kind, value);
  }

  #tell(slot: number, generation: number, kind: number, value: number): void {
    const sink = this.at(slot, generation);
    if (sink === null) return;
    if (kind === Told.ROOM) sink.onRoom();
    else if (kind === Told.NO_HALVES) sink.onNoHalves();
    else if (kind === Told.QUEUE_FULL) sink.onQueueFull();
    else if (kind === Told.TIMED_OUT) this.#timeOut(sink, value);
    else sink.onFailed(value, this.#nameOf(kind - Told.FAILED));
  }

  /** A handler of another one may have set a new time meanwhile. */
  #timeOut(sink: StreamSink, timeOut: number): void {
    if (this.timeOuts.take(sink.slot, timeOut)) sink.onTimedOut(timeOut === TimeOut.DEADLINE);
  }

  /** Closes a connection whose listener is gone. */
  #refuse(slot: number, generation: number): void {
    this.reserve(0);
    this.commands.push(Op.CLOSE, slot, generation, 0, 0);
  }

  #push(op: number, sink: Slotted, offset: number, length: number): number {
    const place = this.commands.push(op, sink.slot, sink.generation, offset, length);
    if (place === 0) this.#host.wake();
    return place;
  }

  /** Looks at what the commands came to, and forgets them, unless they are still to be carried out. */
  #settle(): void {
    const { commands } = this;
    this.#owesResults = commands.count === 0;
    if (!this.#owesResults) return;
    const { results } = commands;
    for (let i = 0; i < results.count; i++) {
      const sink = this.at(results.slot(i), results.generation(i));
      if (sink === null) continue;
      const kind = results.kind(i);
      if (kind === Kind.PARTIAL) sink.onPartial(results.offset(i), results.length(i), commands);
      else if (kind === Kind.FILE_SENT) sink.onFileSent(results.length(i), results.offset(i) !== 0);
      else if (kind === Kind.NO_HALVES) this.later.push(sink.slot, sink.generation, Told.NO_HALVES, 0);
      else this.later.push(sink.slot, sink.generation, Told.FAILED + results.extra(i), results.length(i));
    }
    if (this.timeOuts.isUsed) this.#touchSenders();
    commands.clear();
    this.#owesResults = false;
  }

  /** Bytes go when commands are carried out: write() may be called late in a turn, or long after the last one. */
  #touchSenders(): void {
    const { commands } = this;
    for (let place = 0; place < commands.pushed; place++) {
      if (!commands.sends(place)) continue;
      const sink = this.at(commands.slot(place), commands.generation(place));
      if (sink !== null) this.timeOuts.touch(sink.slot);
    }
  }

  /** News are told before reports. Bytes that the reports bring take back an idle time-out among the news. */
  #touchReported(): void {
    const reports = this.#reports;
    for (let i = 0; i < this.#count; i++) {
      const kind = reports.kind(i);
      if (kind !== Kind.DATA && kind !== Kind.ROOM && kind !== Kind.PIPED) continue;
      if (this.at(reports.slot(i), reports.generation(i)) !== null) this.timeOuts.touch(reports.slot(i));
      if (kind !== Kind.PIPED) continue;
      const target = this.at(reports.offset(i), reports.extra(i));
      if (target !== null) this.timeOuts.touch(target.slot);
    }
  }

  #nameOf(call: number): string {
    return CALLS[call] ?? this.#engine.changeCall;
  }

  at(slot: number, generation: number): StreamSink | null {
    const sink = this.#sinks[slot];
    return sink != null && sink.generation === generation ? sink : null;
  }
}
