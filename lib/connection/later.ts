// Later: what is told in a later turn, and not within the call that found it. Most of it are numbers in one array, in
// their order; beside these, what handlers threw, and functions of the program's.
const WORDS = 4;

/** Tells a sink. */
export type Tell = (slot: number, generation: number, kind: number, value: number) => void;

/** A function of the program's and its file. */
interface FileCall {
  readonly done: (file: number) => void;
  readonly file: number;
}

export class Later {
  readonly #tell: Tell;
  readonly #wake: () => void;
  #words: number[] = [];
  #next = 0;
  readonly #calls: FileCall[] = [];
  /** What handlers threw that were called by a call of the program's. */
  readonly #thrown: unknown[] = [];

  /** @param wake tells a host that waits that there is something to do */
  constructor(tell: Tell, wake: () => void) {
    this.#tell = tell;
    this.#wake = wake;
  }

  get isEmpty(): boolean {
    return !this.hasNews && this.#calls.length === 0 && this.#thrown.length === 0;
  }

  /** Whether there is something to tell a sink. */
  get hasNews(): boolean {
    return this.#next < this.#words.length;
  }

  /** How many things there are to tell. */
  get news(): number {
    return (this.#words.length - this.#next) / WORDS;
  }

  get hasThrown(): boolean {
    return this.#thrown.length > 0;
  }

  /** Adds what is to be told. */
  push(slot: number, generation: number, kind: number, value: number): void {
    this.#words.push(slot, generation, kind, value);
    this.#wake();
  }

  /** Tells the oldest; it is taken before, so that a handler may throw. */
  shift(): void {
    const at = this.#next;
    const words = this.#words;
    this.#next = at + WORDS;
    if (this.#next === words.length) {
      this.#words = [];
      this.#next = 0;
    }
    this.#tell(words[at] as number, words[at + 1] as number, words[at + 2] as number, words[at + 3] as number);
  }

  /** Calls `done` with a file. */
  call(done: (file: number) => void, file: number): void {
    this.#calls.push({ done, file });
    this.#wake();
  }

  /** Makes the calls that were owed when it began: one of them may send the next file. Returns how many. */
  callOwed(): number {
    const count = this.#calls.length;
    for (let i = 0; i < count && this.#calls.length > 0; i++) {
      this.throwOwed();
      const { done, file } = this.#calls.shift() as FileCall;
      done(file);
    }
    return count;
  }

  /** Throws the error out of a turn, and not out of the call that ran the handler. */
  throw(error: unknown): void {
    this.#thrown.push(error);
    this.#wake();
  }

  /** Throws the oldest of these. */
  throwOwed(): void {
    if (this.#thrown.length > 0) throw this.#thrown.shift();
  }

  clear(): void {
    this.#words = [];
    this.#next = 0;
    this.#calls.length = 0;
    this.#thrown.length = 0;
  }
}
