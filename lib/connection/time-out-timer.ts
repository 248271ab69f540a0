// TimeOutTimer: the wheel of time-outs of a reactor's streams, and the one timer of the reactor that turns it. There is
// neither until a stream has a time-out.
import { native } from '../native/table.js';
import { type Commands, Kind, type Reports } from './stream-area.js';
import { TimeOuts } from './time-outs.js';

/** Calls back once. Returns how to cancel it. */
export type SetTimer = (delayMs: number, handler: () => void) => { cancel(): void };

/** Says whether a slot is still that of a stream: null if it is not. */
interface LiveSlots {
  at(slot: number, generation: number): unknown;
}

export class TimeOutTimer {
  readonly #setTimer: SetTimer;
  readonly #expired: (slot: number, timeOut: number) => void;
  #wheel: TimeOuts | null = null;
  #timer: { cancel(): void } | null = null;
  #dueMs = 0;

  /** @param expired is called for each time-out; it must change no time-out */
  constructor(setTimer: SetTimer, expired: (slot: number, timeOut: number) => void) {
    this.#setTimer = setTimer;
    this.#expired = expired;
  }

  /** When the bytes came or went of which touch() is told from here on. */
  begin(clockMs: number): void {
    if (this.#wheel !== null) this.#wheel.begin(clockMs);
  }

  /** It is now that they come or go. */
  beginNow(): void {
    if (this.#wheel !== null) this.#wheel.begin(native.now());
  }

  /** A byte of the slot goes now. */
  touchNow(slot: number): void {
    this.beginNow();
    this.touch(slot);
  }

  /** Bytes go when commands are carried out: write() may be called late in a turn, or long after the last one. */
  touchSenders(commands: Commands, streams: LiveSlots): void {
    if (this.#wheel === null) return;
    for (let place = 0; place < commands.pushed; place++) {
      const slot = commands.slot(place);
      if (commands.sends(place) && streams.at(slot, commands.generation(place)) !== null) this.touch(slot);
    }
  }

  /** News are told before the reports. Bytes that have come take back a time-out among the news. */
  touchReported(reports: Reports, count: number, streams: LiveSlots): void {
    if (this.#wheel === null) return;
    for (let i = 0; i < count; i++) {
      const kind = reports.kind(i);
      if (kind !== Kind.DATA && kind !== Kind.ROOM && kind !== Kind.PIPED) continue;
      if (streams.at(reports.slot(i), reports.generation(i)) !== null) this.touch(reports.slot(i));
      if (kind === Kind.PIPED && streams.at(reports.offset(i), reports.extra(i)) !== null)
        this.touch(reports.offset(i));
    }
  }

  /** A byte of the slot came or went. */
  touch(slot: number): void {
    if (this.#wheel !== null) this.#wheel.touch(slot);
  }

  /** @param idleMs 0: none */
  setIdle(slot: number, idleMs: number): void {
    if (idleMs === 0 && this.#wheel === null) return;
    const nowMs = native.now();
    this.#wheel ??= new TimeOuts(nowMs);
    this.#wheel.setIdle(slot, idleMs, nowMs);
    this.#set(nowMs);
  }

  /** @param delayMs from now on; null: none */
  setDeadline(slot: number, delayMs: number | null): void {
    if (delayMs === null && this.#wheel === null) return;
    const nowMs = native.now();
    this.#wheel ??= new TimeOuts(nowMs);
    this.#wheel.setDeadline(slot, delayMs, nowMs);
    this.#set(nowMs);
  }

  /** Whether a time-out that has come still holds: it is told now. */
  take(slot: number, timeOut: number): boolean {
    const wheel = this.#wheel;
    if (wheel?.owes(slot, timeOut) !== true) return false;
    wheel.take(slot, timeOut, native.now());
    return true;
  }

  /** The slot is free. */
  forget(slot: number): void {
    if (this.#wheel === null) return;
    this.#wheel.forget(slot);
    if (this.#wheel.size === 0) this.cancel();
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Makes the timer fire when the next bucket of the wheel comes. */
  #set(nowMs: number): void {
    const delayMs = (this.#wheel as TimeOuts).nextDelayMs(nowMs);
    if (delayMs >= 0 && this.#timer !== null && this.#dueMs <= nowMs + delayMs) return;
    this.cancel();
    if (delayMs < 0) return;
    this.#dueMs = nowMs + delayMs;
    this.#timer = this.#setTimer(delayMs, () => this.#onTimer());
  }

  #onTimer(): void {
    this.#timer = null;
    const nowMs = native.now();
    (this.#wheel as TimeOuts).advance(nowMs, this.#expired);
    this.#set(nowMs);
  }
}
