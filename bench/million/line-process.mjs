// @ts-check
// Runs a program that answers commands on its stdin with lines of JSON. Lines about progress go to `tell`. Every
// other line answers the oldest open question.
import { createInterface } from 'node:readline';
import { spawnGroup } from '../harness/processes.mjs';

const END_TIMEOUT_MS = 30_000;

export class LineProcess {
  #group;
  /** @type {{ resolve: (line: any) => void, reject: (error: Error) => void }[]} */
  #waiting = [];
  /** Lines that came before a question. @type {any[]} */
  #early = [];
  #error = /** @type {Error | null} */ (null);

  /** @param {string[]} commandLine @param {{ tell?: import('./types.mjs').Tell }} [options] */
  constructor([command, ...args], { tell = () => {} } = {}) {
    this.#group = spawnGroup(command, args, { talks: true });
    const { child, ended, describe, errors } = this.#group;
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => this.#take(JSON.parse(line), tell));
    ended.then(
      (code) => this.#fail(new Error(`${describe()} ended with ${code}: ${errors()}`)),
      (error) => this.#fail(error),
    );
  }

  get pid() {
    return /** @type {number} */ (this.#group.child.pid);
  }

  /** @param {any} line @param {import('./types.mjs').Tell} tell */
  #take(line, tell) {
    if (line.progress !== undefined) tell(line.progress);
    else if (this.#waiting.length > 0) this.#waiting.shift()?.resolve(line);
    else this.#early.push(line);
  }

  /** @param {Error} error */
  #fail(error) {
    this.#error = error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  /** The next line. @returns {Promise<any>} */
  next() {
    if (this.#early.length > 0) return Promise.resolve(this.#early.shift());
    if (this.#error !== null) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** @param {string} command */
  ask(command) {
    this.#group.child.stdin.write(`${command}\n`);
    return this.next();
  }

  /** Closes its stdin, and gives it some time to clean up. */
  async end() {
    this.#group.child.stdin.end();
    const timer = setTimeout(this.#group.kill, END_TIMEOUT_MS);
    await this.#group.ended.catch(() => {}); // it never started, and the question was rejected with that
    clearTimeout(timer);
  }
}
