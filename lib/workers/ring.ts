// The ring by which fds go from the pool's thread to a worker's: words of shared memory, one thread that puts entries,
// and one that takes them, no lock. The pool takes back what is left when the worker has ended.
//
// An entry belongs to the thread that moves HEAD over it. The worker does that in one native call with the adoption of
// the fd (native.fd.take): so a worker that is terminated at any moment has either left the entry or owns its fd, and
// its environment closes that. Words that one side writes are a cache line apart from those of the other.
import { WOULD_BLOCK } from '../base/errors.js';
import { native } from '../native/table.js';
import { platform } from '../native/target.js';

/** Written by the pool. */
const TAIL = 0;
/** What the worker is to do: Control. */
const CONTROL = 1;
/** 1: the pool waits for room, and is woken when there is some. */
const WANTED = 2;

/** Written by the worker. */
const HEAD = 32;
/** 1: the worker looks at the ring again only if it is woken. */
const ASLEEP = 33;
/** 1: the worker accepts no more. */
const STOPPED = 34;
/** Its connections and registrations, and where HEAD was when they were counted. */
const LOAD = 35;
const COUNTED_AT = 36;
/** How many turns its reactor has taken, and how many connections it has accepted itself. */
const TURNS = 37;
const ACCEPTED = 38;

const ENTRIES = 64;
/** An fd, and the number of its message: 0 for none. */
const ENTRY_WORDS = 2;

/** The system call that says whether an fd is open. */
export const OPEN_CALL = platform === 'win32' ? 'getsockopt' : 'fstat';

/** What the pool tells a worker without a message. */
export const Control = { SERVE: 0, DRAIN: 1 } as const;

/** What all ends of a ring read. */
class RingEnd {
  /** The memory, for the other end. */
  readonly words: Int32Array;
  protected readonly mask: number;

  constructor(words: Int32Array) {
    this.words = words;
    this.mask = (words.length - ENTRIES) / ENTRY_WORDS - 1;
  }

  /** Where in the words the entry of a position is. */
  protected entry(position: number): number {
    return ENTRIES + (position & this.mask) * ENTRY_WORDS;
  }
}

/** The pool's end. */
export class RingWriter extends RingEnd {
  #tail = 0;

  /** @param capacity a power of two */
  constructor(capacity: number) {
    super(new Int32Array(new SharedArrayBuffer((ENTRIES + capacity * ENTRY_WORDS) * Int32Array.BYTES_PER_ELEMENT)));
    this.words[ASLEEP] = 1;
  }

  /** How many entries the worker has not taken. */
  get queued(): number {
    return (this.#tail - Atomics.load(this.words, HEAD)) | 0;
  }

  get isFull(): boolean {
    return this.queued > this.mask;
  }

  /** How many entries the worker has taken. */
  get taken(): number {
    return Atomics.load(this.words, HEAD) >>> 0;
  }

  /** The worker's connections and registrations, with what it has taken since it counted, and what is on its way. */
  get load(): number {
    return (this.words[LOAD] as number) + ((this.#tail - (this.words[COUNTED_AT] as number)) | 0);
  }

  get turns(): number {
    return (this.words[TURNS] as number) >>> 0;
  }

  get accepted(): number {
    return (this.words[ACCEPTED] as number) >>> 0;
  }

  get hasStopped(): boolean {
    return Atomics.load(this.words, STOPPED) === 1;
  }

  /** Puts an entry in; the ring is not full. */
  push(fd: number, message: number): void {
    const at = this.entry(this.#tail);
    this.words[at] = fd;
    this.words[at + 1] = message;
    this.#tail = (this.#tail + 1) | 0;
    Atomics.store(this.words, TAIL, this.#tail);
  }

  /** Whether the worker has to be woken, to look at the ring. True once; the caller then wakes it. */
  takesWake(): boolean {
    return Atomics.load(this.words, ASLEEP) === 1 && Atomics.exchange(this.words, ASLEEP, 0) === 1;
  }

  /** Asks to be woken when there is room. */
  wantRoom(): void {
    Atomics.store(this.words, WANTED, 1);
  }

  tell(control: number): void {
    Atomics.store(this.words, CONTROL, control);
  }

  /** Takes an entry back, and hands it to `take`. Returns false where the ring is empty. */
  takeBack(take: (fd: number, message: number) => void): boolean {
    for (;;) {
      const head = Atomics.load(this.words, HEAD);
      if (head === this.#tail) return false;
      const at = this.entry(head);
      const [fd, message] = [this.words[at] as number, this.words[at + 1] as number];
      if (Atomics.compareExchange(this.words, HEAD, head, (head + 1) | 0) !== head) continue;
      take(fd, message);
      return true;
    }
  }
}

/** The worker's end. */
export class RingReader extends RingEnd {
  /** Of the entry that was taken last: its fd, and the number of its message, 0 for none. */
  fd = 0;
  message = 0;

  /**
   * Takes an entry, whose fd is this thread's from then on.
   *
   * @returns the identity of its file, or WOULD_BLOCK where the ring is empty: the next entry wakes this thread. Or
   * EBADF as a failure: the fd was closed on its way
   */
  take(): number {
    const { words } = this;
    for (;;) {
      const head = Atomics.load(words, HEAD);
      if (head === Atomics.load(words, TAIL)) {
        Atomics.store(words, ASLEEP, 1);
        // The thread that puts 0 in its place sees to it: the pool wakes this thread, or this one goes on.
        if (head === Atomics.load(words, TAIL) || Atomics.exchange(words, ASLEEP, 0) === 0) return WOULD_BLOCK;
        continue;
      }
      const at = this.entry(head);
      this.fd = words[at] as number;
      this.message = words[at + 1] as number;
      const result = native.fd.take(this.fd, words, HEAD, head);
      if (result !== WOULD_BLOCK) return result; // or the pool took it back
    }
  }

  get control(): number {
    return Atomics.load(this.words, CONTROL);
  }

  /** Whether the pool waits for room. True once. */
  takesWanted(): boolean {
    return Atomics.load(this.words, WANTED) === 1 && Atomics.exchange(this.words, WANTED, 0) === 1;
  }

  /** Counts a turn, and tells what there is after it. Read as a hint: no two words of it need be of one moment. */
  count(load: number, accepted: number): void {
    const { words } = this;
    words[LOAD] = load;
    words[COUNTED_AT] = words[HEAD] as number;
    words[ACCEPTED] = accepted;
    words[TURNS]!++;
  }

  stopped(): void {
    Atomics.store(this.words, STOPPED, 1);
  }
}
