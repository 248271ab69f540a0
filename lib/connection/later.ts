// What sinks are told in a later turn, and not within the call that found it: numbers in one array, in their order.
const WORDS = 4;

export class Later {
  #words: number[] = [];
  #next = 0;

  get isEmpty(): boolean {
    return this.#next === this.#words.length;
  }

  /** Adds what is to be told. */
  push(slot: number, generation: number, kind: number, value: number): void {
    this.#words.push(slot, generation, kind, value);
  }

  /** Hands the oldest to `tell`; it is taken before, so `tell` may throw. */
  shift(tell: (slot: number, generation: number, kind: number, value: number) => void): void {
    const at = this.#next;
    const words = this.#words;
    this.#next = at + WORDS;
    if (this.#next === words.length) {
      this.#words = [];
      this.#next = 0;
    }
    tell(words[at] as number, words[at + 1] as number, words[at + 2] as number, words[at + 3] as number);
  }

  clear(): void {
    this.#words = [];
    this.#next = 0;
  }
}
