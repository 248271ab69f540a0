// BackOff: how long to wait before a worker is started in place of one that died. At once if that one served for a
// while; a worker that dies at its start again and again must not take the processor from those that serve.

const FIRST_MS = 100;
const LONGEST_MS = 5000;
/** A worker that has lived for so long was sound. */
const SOUND_MS = 10_000;

export class BackOff {
  #failures = 0;

  /** @param livedMs how long the process lived that has died */
  next(livedMs: number): number {
    if (livedMs >= SOUND_MS) this.#failures = 0;
    const delayMs = this.#failures === 0 ? 0 : Math.min(LONGEST_MS, FIRST_MS * 2 ** (this.#failures - 1));
    this.#failures++;
    return delayMs;
  }
}
