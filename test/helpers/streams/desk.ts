// An engine of streams as its contract sees it (lib/reactor/stream-turn.ts): the memory of a turn, commands that go in,
// and what is told, read as objects. The same for every engine.
import '../lib-sources.js';
import { Commands, Kind, Op, Reports } from '../../../lib/connection/stream-area.js';
import { Role } from '../../../lib/connection/streams.js';
import type { StreamEngine, StreamLimits, StreamMemory } from '../../../lib/reactor/stream-turn.js';
import { patience } from '../patience.js';

export { Op, Role };

export const LIMITS: StreamLimits = {
  commands: 64,
  reports: 64,
  sendBytes: 4_000_000,
  slabBytes: 65_536,
  mostReceived: 16_384,
  leastRoom: 1,
  mostAccepted: 8,
};

export interface Stream {
  slot: number;
  generation: number;
}

/** A report as an object: what is told of which stream. */
export interface Told extends Stream {
  kind: keyof typeof Kind;
  bytes: Buffer;
  /** Of a partial send, how much was taken; of a failure the error number. */
  number: number;
  /** Of an accepted stream. */
  accepted: Stream & { fd: number };
}

/** The other side of a stream. */
export interface Peer {
  /** Sends what there is room for; returns how much. */
  send(bytes: Uint8Array): number;
  /** What has come, at most so much. */
  receive(most?: number): Buffer | 'nothing' | 'end' | 'reset';
  end(): void;
  close(): void;
  reset(): void;
}

/** An engine, and how a turn of it is waited for. */
export interface Engine {
  engine: StreamEngine;
  wait(timeoutMs: number): void;
}

/** Where engines and their streams come from. */
export interface Ground {
  readonly name: string;
  open(memory: StreamMemory, limits: StreamLimits): Engine;
  pair(): { fd: number; peer: Peer };
  listener(): { fd: number; connect(): Peer };
  /** A connection that is being made, and how it ends. */
  connecting(outcome: 'made' | 'refused'): { fd: number; peer(): Peer };
  /**
   * Nothing can be accepted while the body runs, and calls `again` before what is not to be accepted: the host may have
   * closed an fd of its own. Undefined where that cannot be brought about.
   */
  readonly outOfFds?: ((body: (again: () => void) => void) => void) | undefined;
  /** Why a reset of the peer with nothing to be received is told as its end. Undefined where it is not. */
  readonly hidesResets?: string | undefined;
  /** Why the error of a stream is gone once something is told of it. Undefined where it is not. */
  readonly takesErrors?: string | undefined;
  isOpen(fd: number): boolean;
  /** Gives the error of a stream, which is taken from it; 0 for none. */
  takeError(fd: number): number;
  close(fd: number): void;
  /** The number of an error of this platform. */
  errors(...names: string[]): number[];
}

const KINDS = Object.keys(Kind) as (keyof typeof Kind)[];
const target = new Int32Array(2);

export class Desk {
  readonly commands: Commands;
  readonly #reports: Reports;
  readonly #slab: Buffer<ArrayBuffer>;
  readonly #engine: Engine;
  readonly #waited: Told[] = [];

  constructor(ground: Ground, limits: Partial<StreamLimits> = {}) {
    const sizes = { ...LIMITS, ...limits };
    this.commands = new Commands(sizes.commands, sizes.sendBytes);
    this.#reports = Reports.of(sizes.reports);
    this.#slab = Buffer.from(new ArrayBuffer(sizes.slabBytes));
    const { words: commands, sendArea } = this.commands;
    this.#engine = ground.open({ commands, sendArea, reports: this.#reports.words, slab: this.#slab }, sizes);
  }

  /** The native result of adding an fd. */
  tryAdd(fd: number, role: number): number {
    return this.#engine.engine.add(fd, role, false, target);
  }

  add(fd: number, role: number = Role.CONNECTED): Stream {
    const result = this.tryAdd(fd, role);
    if (result < 0) throw new Error(`add() answers ${result}`);
    return { slot: target[0] as number, generation: target[1] as number };
  }

  peer(stream: Stream, address: Uint8Array): number {
    return this.#engine.engine.peer(stream.slot, stream.generation, address);
  }

  /** Adds a command. Returns its place. */
  push(op: number, { slot, generation }: Stream): number {
    return this.commands.push(op, slot, generation, 0, 0);
  }

  /** Adds a send, or a part of one. Returns its place. */
  send(stream: Stream, bytes: Uint8Array | string, op: number = Op.SEND): number {
    const { commands } = this;
    const content = Buffer.from(bytes as string);
    commands.sendArea.set(content, commands.sendUsed);
    const place = commands.push(op, stream.slot, stream.generation, commands.sendUsed, content.length);
    commands.sendUsed += content.length;
    return place;
  }

  /** Adds a part of the send at `place`. Returns the place of the part. */
  sendMore(stream: Stream, place: number, bytes: Uint8Array | string): number {
    const next = this.send(stream, bytes, Op.SEND_MORE);
    this.commands.link(place, next);
    return next;
  }

  /** Carries out the commands; returns what they came to. */
  flush(): Told[] {
    this.#engine.engine.flush();
    return this.#settle();
  }

  /** One wait; returns what the commands came to, and what has happened. */
  wait(timeoutMs = 0): Told[] {
    this.#engine.wait(timeoutMs);
    return [...this.#settle(), ...this.#read(this.#reports)];
  }

  /** Waits until the condition holds of all that was told since; returns that. */
  until(what: string, condition: (told: Told[]) => boolean): Told[] {
    const end = performance.now() + patience(2000);
    this.#waited.length = 0;
    while (!condition(this.#waited)) {
      if (performance.now() > end) throw new Error(`${what}: told was ${JSON.stringify(this.#waited.slice(-20))}`);
      this.#waited.push(...this.wait(10));
    }
    return [...this.#waited];
  }

  /** Waits until so many reports have come. */
  told(count = 1): Told[] {
    return this.until(`${count} reports`, (told) => told.length >= count);
  }

  /** What is told while nothing should be: several turns, in which whatever is ready would come. */
  idle(): Told[] {
    return Array.from({ length: 5 }, () => this.wait(2)).flat();
  }

  close(): void {
    this.#engine.engine.close();
  }

  #settle(): Told[] {
    const told = this.#read(this.commands.results);
    const { count } = this.commands;
    if (count !== 0) throw new Error(`${count} commands would be carried out again`);
    this.commands.clear();
    return told;
  }

  #read(reports: Reports): Told[] {
    return Array.from({ length: reports.count }, (_, i) => {
      const number = reports.kind(i);
      const kind = KINDS.find((name) => Kind[name] === number) as keyof typeof Kind;
      const offset = reports.offset(i);
      const length = reports.length(i);
      return {
        kind,
        slot: reports.slot(i),
        generation: reports.generation(i),
        number: length,
        bytes: kind === 'DATA' ? Buffer.from(this.#slab.subarray(offset, offset + length)) : Buffer.alloc(0),
        accepted: { slot: offset, generation: length, fd: reports.extra(i) },
      };
    });
  }
}

/** What was told of a stream, shortly: bytes as text, the rest by its kind. */
export function textOf(told: readonly Told[], { slot, generation }: Stream): string[] {
  const mine = told.filter((one) => one.slot === slot && one.generation === generation);
  return mine.map(({ kind, bytes }) => (kind === 'DATA' ? bytes.toString('latin1') : kind));
}

/** All the bytes of a stream. */
export function bytesOf(told: readonly Told[], { slot, generation }: Stream): Buffer {
  return Buffer.concat(told.flatMap((t) => (t.slot === slot && t.generation === generation ? [t.bytes] : [])));
}
