// An engine of streams without a kernel: streams are pairs of queues in memory, and an fd is a number that only this
// file knows. It is written from the contract (stream-turn.ts, stream_area.h) in the terms of completions: it looks at
// its queues, and asks nothing whether it is ready. Were the contract a matter of epoll, it would not hold here.
import { failure } from '../../../lib/base/errors.js';
import { Kind, Op } from '../../../lib/connection/stream-area.js';
import { Role } from '../../../lib/connection/streams.js';
import { native } from '../../../lib/native/table.js';
import type { StreamEngine, StreamLimits, StreamMemory } from '../../../lib/reactor/stream-turn.js';
import type { Ground, Peer } from './desk.js';

const QUEUE_BYTES = 50_000;
const ERRORS: Record<string, number> = { ECONNRESET: 1001, EPIPE: 1002, EMFILE: 1003, ECONNREFUSED: 1004, EBADF: 1005 };
const errorOf = (name: string): number => ERRORS[name] as number;

/** One direction. */
class Queue {
  bytes = Buffer.alloc(0);
  hasEnded = false;

  /** Takes what there is room for. */
  push(bytes: Uint8Array): number {
    const length = Math.min(bytes.length, QUEUE_BYTES - this.bytes.length);
    this.bytes = Buffer.concat([this.bytes, bytes.subarray(0, length)]);
    return length;
  }

  take(most: number): Buffer {
    const taken = this.bytes.subarray(0, most);
    this.bytes = this.bytes.subarray(most);
    return taken;
  }
}

/** An end of a connection, or a listener. */
class End {
  isOpen = true;
  error = 0;
  /** Of a connection that is being made: whether it is, or never will be. */
  isMade = true;
  readonly waiting: End[] = [];
  other: End | null = null;
  readonly into: Queue;
  readonly out: Queue;

  constructor(into: Queue, out: Queue) {
    this.into = into;
    this.out = out;
  }

  static pair(): [End, End] {
    const [a, b] = [new Queue(), new Queue()];
    const [first, second] = [new End(a, b), new End(b, a)];
    first.other = second;
    second.other = first;
    return [first, second];
  }

  send(bytes: Uint8Array): number {
    if (this.error !== 0) return -this.takeError();
    if (this.other?.isOpen !== true) return -errorOf('EPIPE');
    return this.out.push(bytes);
  }

  takeError(): number {
    const { error } = this;
    this.error = 0;
    return error;
  }

  close(isReset: boolean): void {
    this.isOpen = false;
    this.out.hasEnded = true;
    if (isReset && this.other !== null) this.other.error = errorOf('ECONNRESET');
  }
}

const files = new Map<number, End>();
let lastFd = 2_000_000;
let isFull = false;

function open(end: End): number {
  files.set(++lastFd, end);
  return lastFd;
}

function peerOf(end: End): Peer {
  return {
    send: (bytes) => Math.max(0, end.send(bytes)),
    receive: (most = QUEUE_BYTES) => {
      if (end.into.bytes.length > 0) return Buffer.from(end.into.take(most));
      if (end.takeError() !== 0) return 'reset';
      return end.into.hasEnded ? 'end' : 'nothing';
    },
    end: () => {
      end.out.hasEnded = true;
    },
    close: () => end.close(false),
    reset: () => end.close(true),
  };
}

interface Slot {
  generation: number;
  fd: number;
  end: End;
  isListener: boolean;
  isReading: boolean;
  awaitsRoom: boolean;
  isOver: boolean;
  hasFailed: boolean;
}

const layout = native.streams?.layout;

/** Writes reports, as native code does. */
class Writer {
  readonly #words: Int32Array;
  readonly #first: number;
  readonly #capacity: number;

  constructor(words: Int32Array, behind: number, capacity: number) {
    this.#words = words;
    this.#first = (layout?.headerWords ?? 0) + behind * (layout?.recordWords ?? 0);
    this.#capacity = capacity;
  }

  get hasRoom(): boolean {
    return (this.#words[layout?.reportCount ?? 0] as number) < this.#capacity;
  }

  clear(): void {
    this.#words[layout?.reportCount ?? 0] = 0;
  }

  add(...fields: number[]): void {
    const count = this.#words[layout?.reportCount ?? 0] as number;
    this.#words.set(fields, this.#first + count * (layout?.recordWords ?? 0));
    this.#words[layout?.reportCount ?? 0] = count + 1;
  }
}

class QueueEngine implements StreamEngine {
  readonly changeCall = 'scripted_change';
  readonly #memory: StreamMemory;
  readonly #limits: StreamLimits;
  readonly #results: Writer;
  readonly #reports: Writer;
  #slots: (Slot | null)[] = [];
  #generation = 0;
  #slabUsed = 0;
  /** Whom the next wait serves first. */
  #first = 0;

  constructor(memory: StreamMemory, limits: StreamLimits) {
    this.#memory = memory;
    this.#limits = limits;
    this.#results = new Writer(memory.commands, limits.commands, limits.commands);
    this.#reports = new Writer(memory.reports, 0, limits.reports);
  }

  add(fd: number, role: number, _noDelay: boolean, target: Int32Array): number {
    const end = files.get(fd);
    if (end?.isOpen !== true) return failure(errorOf('EBADF'));
    target.set(this.#insert(fd, end, role));
    return 0;
  }

  peer(_slot: number, _generation: number, address: Uint8Array): number {
    address.fill(0);
    return 0;
  }

  hasItsFd(): boolean {
    return true;
  }

  flush(): void {
    const { commands } = this.#memory;
    const count = commands[layout?.commandCount ?? 0] as number;
    this.#results.clear();
    for (let place = 0; place < count; place++) this.#carryOut(place);
    commands[layout?.commandCount ?? 0] = 0;
  }

  wait(): void {
    this.flush();
    this.#memory.reports.fill(0, 0, layout?.headerWords ?? 0);
    this.#slabUsed = 0;
    const length = this.#slots.length;
    for (let i = 0; i < length; i++) this.#serve((this.#first + i) % length);
    this.#first = length === 0 ? 0 : (this.#first + 1) % length;
  }

  close(): void {
    for (const slot of this.#slots) slot?.end.close(false);
    this.#slots = [];
  }

  #insert(fd: number, end: End, role: number): [number, number] {
    const isConnecting = role === Role.CONNECTING;
    const free = this.#slots.indexOf(null);
    const slot = free < 0 ? this.#slots.length : free;
    this.#slots[slot] = {
      generation: ++this.#generation,
      fd,
      end,
      isListener: role === Role.LISTENER,
      isReading: !isConnecting,
      awaitsRoom: isConnecting,
      isOver: false,
      hasFailed: false,
    };
    return [slot, this.#generation];
  }

  #record(place: number): Int32Array {
    const words = layout?.recordWords ?? 0;
    const at = (layout?.headerWords ?? 0) + place * words;
    return this.#memory.commands.subarray(at, at + words);
  }

  #carryOut(place: number): void {
    const [op, at = 0, generation] = this.#record(place);
    const slot = this.#slots[at];
    if (slot == null || slot.generation !== generation) return;
    if (op === Op.SEND) this.#send(slot, at, place);
    else if (op === Op.PAUSE) slot.isReading = false;
    else if (op === Op.RESUME) slot.isReading = true;
    else if (op === Op.AWAIT_ROOM) slot.awaitsRoom = true;
    else if (op === Op.SHUTDOWN && !slot.awaitsRoom) slot.end.out.hasEnded = true;
    else if (op === Op.CLOSE || op === Op.RESET || op === Op.DETACH) {
      if (op !== Op.DETACH) slot.end.close(op === Op.RESET);
      this.#slots[at] = null;
    }
  }

  #send(slot: Slot, at: number, first: number): void {
    const parts: Uint8Array[] = [];
    for (let place = first; place >= 0; ) {
      const [, , , offset = 0, length = 0, next = -1] = this.#record(place);
      parts.push(this.#memory.sendArea.subarray(offset, offset + length));
      place = next;
    }
    const bytes = Buffer.concat(parts);
    const sent = slot.end.send(bytes);
    if (sent < 0) this.#fail(slot, at, -sent, this.#results);
    else if (sent < bytes.length) {
      slot.awaitsRoom = true;
      this.#results.add(Kind.PARTIAL, at, slot.generation, 0, sent, 0);
    }
  }

  #fail(slot: Slot, at: number, error: number, writer: Writer): void {
    slot.hasFailed = slot.isOver = true;
    slot.awaitsRoom = false;
    writer.add(Kind.FAILED, at, slot.generation, 0, error, 0);
  }

  #serve(at: number): void {
    const slot = this.#slots[at];
    if (slot == null || slot.hasFailed || !slot.end.isMade || !this.#reports.hasRoom) return;
    if (slot.isListener) {
      if (slot.isReading) this.#accept(slot, at);
      return;
    }
    const { end } = slot;
    if (slot.awaitsRoom && (end.error !== 0 || end.other?.isOpen !== true || end.out.bytes.length < QUEUE_BYTES)) {
      slot.awaitsRoom = false;
      this.#reports.add(Kind.ROOM, at, slot.generation, 0, 0, 0);
      if (end.error !== 0 || !this.#reports.hasRoom) return; // who sends gets the error
    }
    if (slot.isReading && !slot.isOver) this.#receive(slot, at);
    else if (end.error !== 0) this.#fail(slot, at, end.takeError(), this.#reports);
  }

  #receive(slot: Slot, at: number): void {
    const { into } = slot.end;
    const { slab } = this.#memory;
    const { mostReceived, leastRoom } = this.#limits;
    const room = Math.min(slab.length - this.#slabUsed, mostReceived);
    if (into.bytes.length > 0) {
      if (slab.length - this.#slabUsed < leastRoom) return;
      const bytes = into.take(room);
      slab.set(bytes, this.#slabUsed);
      this.#reports.add(Kind.DATA, at, slot.generation, this.#slabUsed, bytes.length, 0);
      this.#slabUsed += bytes.length;
    } else if (slot.end.error !== 0) this.#fail(slot, at, slot.end.takeError(), this.#reports);
    else if (into.hasEnded) {
      slot.isOver = true;
      this.#reports.add(Kind.END, at, slot.generation, 0, 0, 0);
    }
  }

  #accept(slot: Slot, at: number): void {
    for (let i = 0; i < this.#limits.mostAccepted && this.#reports.hasRoom; i++) {
      if (slot.end.waiting.length === 0) return;
      if (isFull) {
        slot.isReading = false;
        this.#reports.add(Kind.ACCEPT_FAILED, at, slot.generation, 0, errorOf('EMFILE'), 0);
        return;
      }
      const end = slot.end.waiting.shift() as End;
      const fd = open(end);
      this.#reports.add(Kind.ACCEPTED, at, slot.generation, ...this.#insert(fd, end, Role.CONNECTED), fd);
    }
  }
}

export const scriptedGround: Ground = {
  name: 'scripted',
  open: (memory, limits) => {
    const engine = new QueueEngine(memory, limits);
    return { engine, wait: () => engine.wait() };
  },
  pair: () => {
    const [near, far] = End.pair();
    return { fd: open(near), peer: peerOf(far) };
  },
  listener: () => {
    const listener = new End(new Queue(), new Queue());
    const connect = (): Peer => {
      const [near, far] = End.pair();
      listener.waiting.push(near);
      return peerOf(far);
    };
    return { fd: open(listener), connect };
  },
  connecting: (outcome) => {
    const [near, far] = End.pair();
    if (outcome === 'refused') near.error = errorOf('ECONNREFUSED');
    return { fd: open(near), peer: () => peerOf(far) };
  },
  outOfFds: (body) => {
    isFull = true;
    try {
      body(() => {});
    } finally {
      isFull = false;
    }
  },
  isOpen: (fd) => files.get(fd)?.isOpen === true,
  takeError: (fd) => files.get(fd)?.takeError() ?? 0,
  close: (fd) => files.get(fd)?.close(false),
  errors: (...names) => names.map(errorOf),
};
