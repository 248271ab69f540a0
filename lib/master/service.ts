// Service: what a master tells systemd. A full queue there delays a message and loses none; any other failure is told
// as a warning, because a server must not end for it.
import { SystemError } from '../base/errors.js';
import { type NotifyFields, notify, watchdogMs } from './systemd.js';

const RETRY_MS = 50;

export class Service {
  readonly #queue: NotifyFields[] = [];
  #retry: NodeJS.Timeout | null = null;
  #watchdog: NodeJS.Timeout | null = null;

  tell(fields: NotifyFields): void {
    this.#queue.push(fields);
    if (this.#retry === null) this.#send();
  }

  /**
   * Begins to feed the watchdog, if systemd wants it.
   *
   * @param predecessor whose watchdog it was, where this master replaced another one
   * @param isSound whether workers serve
   */
  watch(predecessor: number | undefined, isSound: () => boolean): void {
    const timeMs = watchdogMs(predecessor);
    if (timeMs === null) return;
    const feed = (): void => {
      if (isSound()) this.tell({ WATCHDOG: 1 });
    };
    feed();
    this.#watchdog = setInterval(feed, timeMs / 2);
  }

  close(): void {
    if (this.#watchdog !== null) clearInterval(this.#watchdog);
    if (this.#retry !== null) clearTimeout(this.#retry);
  }

  #send(): void {
    this.#retry = null;
    for (let fields = this.#queue[0]; fields !== undefined; fields = this.#queue[0]) {
      try {
        notify(fields);
      } catch (error) {
        if (error instanceof SystemError && error.code === 'EAGAIN') {
          this.#retry = setTimeout(() => this.#send(), RETRY_MS);
          return;
        }
        process.emitWarning(error as Error);
      }
      this.#queue.shift();
    }
  }
}
