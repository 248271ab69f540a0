// One direction of a connection as the reference has it: a queue of bytes that are numbered. Byte n of a direction is
// known without keeping it, and no two directions have the same bytes, so that a stranger's are seen.
import { mkdtempSync, openSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generator } from '../plan.mjs';

const PERIOD = 65_521;
export const LONGEST = 262_144;
/** So many bytes tell where they come from. */
const LEAST_KNOWN = 8;

const random = generator(1);
const table = Buffer.from(Array.from({ length: PERIOD }, () => random(256)));
const bytes = Buffer.concat([table, table, table, table, table]);
// The test that starts this process removes the folder: Windows keeps a file until it has given up sending it.
const folder = process.env.FDREACTOR_MODEL_FOLDER ?? mkdtempSync(join(tmpdir(), 'fdreactor-model-'));
const path = join(folder, 'bytes');

/** The same bytes in a file. */
export const file = openFile();
/** Opens it once more. */
export const reopenFile = () => openSync(path, 'r');

function openFile() {
  writeFileSync(path, bytes);
  return openSync(path, 'r');
}

export class Direction {
  /** How many bytes its writer has given away. */
  sent = 0;
  /** How many its reader has got. */
  received = 0;
  /** The writer has said that there will be no more. */
  ended = false;
  /** The reader was told so. */
  endSeen = false;
  /** One of the two was closed before all had arrived: what arrives is the beginning of what was sent. */
  isLossy = false;

  /** @param {import('./world.mjs').World} world */
  constructor(world) {
    this.world = world;
    this.id = world.directions.length;
    world.directions.push(this);
  }

  /** The next bytes to send. They count as sent when they were. @param {number} length */
  next(length) {
    return this.#bytes(this.sent, length);
  }

  /** Where the next bytes to send stand in the file. */
  get place() {
    return this.#start(this.sent);
  }

  /** The reader got these. @param {Uint8Array} chunk */
  take(chunk) {
    const { world } = this;
    const { length } = chunk;
    world.check(length > 0, () => `${this} got no bytes`);
    world.check(!this.endSeen, () => `${this} got ${length} bytes after its end`);
    const end = this.received + length;
    world.check(end <= this.sent, () => `${this} got byte ${end} of ${this.sent} that were sent${this.#origin(chunk)}`);
    for (let done = 0; done < length; done += LONGEST) {
      const part = chunk.subarray(done, done + LONGEST);
      const isRight = this.#bytes(this.received + done, part.length).equals(part);
      world.check(isRight, () => {
        const place = this.received + done;
        return `${this} got other bytes than were sent, from byte ${place} on${this.#origin(part)}`;
      });
    }
    this.received = end;
  }

  /** The reader was told the end. */
  seeEnd() {
    const { world } = this;
    world.check(!this.endSeen, () => `${this} was told its end twice`);
    world.check(this.ended || this.isLossy, () => `${this} was told an end that it does not have`);
    const isWhole = this.isLossy || this.received === this.sent;
    world.check(isWhole, () => `${this} ended after ${this.received} of ${this.sent} bytes`);
    this.endSeen = true;
  }

  toString() {
    return `direction ${this.id}`;
  }

  /** Of which direction of this world the bytes are, in words. @param {Uint8Array} chunk */
  #origin(chunk) {
    const start = bytes.indexOf(chunk.subarray(0, LEAST_KNOWN));
    if (chunk.length < LEAST_KNOWN || start < 0) return ': bytes of no direction';
    const places = this.world.directions.map((one) => ({ one, from: (start - one.#start(0) + PERIOD) % PERIOD }));
    const sources = places.filter(({ one, from }) => from < one.sent);
    return `: byte ${sources.map(({ one, from }) => `${from} of ${one}`).join(', or ')}`;
  }

  /** @param {number} from @param {number} length */
  #bytes(from, length) {
    const start = this.#start(from);
    return bytes.subarray(start, start + length);
  }

  /** @param {number} from */
  #start(from) {
    return (this.id * 30_011 + from) % PERIOD;
  }
}
