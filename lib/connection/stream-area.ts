// The memory of a turn of streams: commands that JavaScript writes, reports that it reads, the bytes to send and those
// that were received (native/sys/streams/stream_area.h). No object is made for a command or a report.
import { native } from '../native/table.js';

const layout = native.streams?.layout;
const HEADER_WORDS = layout?.headerWords ?? 0;
const RECORD_WORDS = layout?.recordWords ?? 0;
const COMMAND_COUNT = layout?.commandCount ?? 0;
const REPORT_COUNT = layout?.reportCount ?? 0;
const UNSERVED = layout?.unserved ?? 0;
const UNTOLD = layout?.untold ?? 0;

/** The fields of a record, in words. */
const SLOT = 1;
const GENERATION = 2;
const OFFSET = 3;
const LENGTH = 4;
const EXTRA = 5; // of a command: the next part of a send

/** enum StreamOp of native/sys/streams/stream_area.h. */
export const Op = {
  SEND: 1,
  SEND_MORE: 2,
  PAUSE: 3,
  RESUME: 4,
  AWAIT_ROOM: 5,
  SHUTDOWN: 6,
  CLOSE: 7,
  RESET: 8,
  DETACH: 9,
  SEND_FILE: 10,
  FILE_PLACE: 11,
  PIPE: 12,
} as const;

/** enum StreamNext there, in place of the next part. */
const LAST = -1;
export const FILE_FOLLOWS = -2;

/** enum StreamKind of native/sys/streams/stream_area.h. */
export const Kind = {
  DATA: 1,
  END: 2,
  ROOM: 3,
  PARTIAL: 4,
  FAILED: 5,
  ACCEPTED: 6,
  ACCEPT_FAILED: 7,
  FILE_SENT: 8,
  NO_HALVES: 9,
  PIPED: 10,
  UNPIPED: 11,
} as const;

/** enum StreamCall there: the calls that can fail. That of the poller has a name in each backend. */
export const CALLS = ['recv', 'send', 'sendfile', undefined, 'accept4'] as const;
export const Call = { RECEIVE: 0, SEND: 1, SEND_FILE: 2 } as const;

/** Records that native code writes. */
export class Reports {
  readonly words: Int32Array;
  readonly #first: number;

  /** @param first the word of the first record */
  constructor(words: Int32Array, first: number) {
    this.words = words;
    this.#first = first;
  }

  static of(capacity: number): Reports {
    return new Reports(new Int32Array(HEADER_WORDS + capacity * RECORD_WORDS), HEADER_WORDS);
  }

  get count(): number {
    return this.words[REPORT_COUNT] as number;
  }

  /** Whether streams are ready that had no room. */
  get isUnserved(): boolean {
    return this.words[UNSERVED] !== 0;
  }

  /** Whether the kernel is to be told what streams wait for. The next flush does so, and the next wait. */
  get isUntold(): boolean {
    return this.words[UNTOLD] !== 0;
  }

  set isUntold(isUntold: boolean) {
    this.words[UNTOLD] = isUntold ? 1 : 0;
  }

  clear(): void {
    this.words[REPORT_COUNT] = 0;
  }

  kind(i: number): number {
    return this.words[this.#first + i * RECORD_WORDS] as number;
  }

  /** A report of no kind from here on. */
  forget(i: number): void {
    this.words[this.#first + i * RECORD_WORDS] = 0;
  }

  slot(i: number): number {
    return this.words[this.#first + i * RECORD_WORDS + SLOT] as number;
  }

  generation(i: number): number {
    return this.words[this.#first + i * RECORD_WORDS + GENERATION] as number;
  }

  offset(i: number): number {
    return this.words[this.#first + i * RECORD_WORDS + OFFSET] as number;
  }

  length(i: number): number {
    return this.words[this.#first + i * RECORD_WORDS + LENGTH] as number;
  }

  extra(i: number): number {
    return this.words[this.#first + i * RECORD_WORDS + EXTRA] as number;
  }
}

/** The commands of a turn, the bytes that they send, and what they came to. */
export class Commands {
  readonly words: Int32Array;
  readonly sendArea: Buffer;
  readonly results: Reports;
  readonly capacity: number;
  /** How many bytes of the send area are taken. */
  sendUsed = 0;
  /** How many commands there were since clear(): `count` is 0 once they are carried out. */
  pushed = 0;

  constructor(capacity: number, sendBytes: number) {
    this.capacity = capacity;
    this.words = new Int32Array(HEADER_WORDS + 2 * capacity * RECORD_WORDS);
    this.results = new Reports(this.words, HEADER_WORDS + capacity * RECORD_WORDS);
    this.sendArea = Buffer.from(new ArrayBuffer(sendBytes));
  }

  get count(): number {
    return this.words[COMMAND_COUNT] as number;
  }

  /** Forgets all, once it was carried out. */
  clear(): void {
    this.words[COMMAND_COUNT] = 0;
    this.results.clear();
    this.sendUsed = 0;
    this.pushed = 0;
  }

  /** Adds a command; the caller has looked that there is room. Returns its place. */
  push(op: number, slot: number, generation: number, offset: number, length: number): number {
    const { words } = this;
    const place = words[COMMAND_COUNT] as number;
    const at = HEADER_WORDS + place * RECORD_WORDS;
    words[at] = op;
    words[at + SLOT] = slot;
    words[at + GENERATION] = generation;
    words[at + OFFSET] = offset;
    words[at + LENGTH] = length;
    words[at + EXTRA] = LAST;
    words[COMMAND_COUNT] = this.pushed = place + 1;
    return place;
  }

  /** Whether the command at `place` sends something. More parts of a send do not count. */
  sends(place: number): boolean {
    const op = this.words[HEADER_WORDS + place * RECORD_WORDS];
    return op === Op.SEND || op === Op.SEND_FILE;
  }

  slot(place: number): number {
    return this.words[HEADER_WORDS + place * RECORD_WORDS + SLOT] as number;
  }

  generation(place: number): number {
    return this.words[HEADER_WORDS + place * RECORD_WORDS + GENERATION] as number;
  }

  /** Whether the command at `place` is a part of what this stream sends: a place of commands before is not. */
  isPart(place: number, slot: number, generation: number): boolean {
    const { words } = this;
    if (place >= (words[COMMAND_COUNT] as number)) return false;
    const at = HEADER_WORDS + place * RECORD_WORDS;
    return (words[at] as number) <= Op.SEND_MORE && words[at + SLOT] === slot && words[at + GENERATION] === generation;
  }

  /** The send at `place` goes on with the one at `next`. */
  link(place: number, next: number): void {
    this.words[HEADER_WORDS + place * RECORD_WORDS + EXTRA] = next;
  }

  /** The place of the next part of a send; below 0 for the last one. */
  nextOf(place: number): number {
    return this.words[HEADER_WORDS + place * RECORD_WORDS + EXTRA] as number;
  }

  /** Makes a send longer, if its bytes end where the used part of the send area does. False if they do not. */
  extend(place: number, length: number): boolean {
    const { words } = this;
    const at = HEADER_WORDS + place * RECORD_WORDS;
    const end = (words[at + OFFSET] as number) + (words[at + LENGTH] as number);
    if (end !== this.sendUsed) return false;
    words[at + LENGTH] = (words[at + LENGTH] as number) + length;
    return true;
  }

  /** The bytes of a send, where they stand. */
  bytesOf(place: number): Buffer {
    const at = HEADER_WORDS + place * RECORD_WORDS;
    const offset = this.words[at + OFFSET] as number;
    return this.sendArea.subarray(offset, offset + (this.words[at + LENGTH] as number));
  }
}
