// A tunnel: two sockets of Node, and what comes from each goes to the other. This file has what is the same whichever
// way the bytes go (splice-way.ts, copy-way.ts): how a tunnel ends, and what its sockets and its promise say then.
//
// A tunnel is open until both directions are done, or the first error. Both sockets end with it.

import { errorUnder, onAbort } from '../../base/abort.js';
import { aborted } from '../../base/errors.js';
import { timedOut } from '../../connection/errors.js';
import { asyncHooks } from '../../native/builtins.js';
import { native } from '../../native/table.js';
import type { Timer } from '../../reactor/timers.js';
import { handleOf } from '../handle.js';
import { beforeDestroy } from '../inside/before-destroy.js';
import { connectionEnded } from '../inside/connection-ended.js';
import { sharedReactor } from '../shared-reactor.js';
import type { TunnelSide } from './tunnel-side.js';

/** One direction. */
export class Lane {
  readonly from: TunnelSide;
  readonly to: TunnelSide;
  /** How many were delivered. */
  bytes = 0;
  /** Whether the end of its source was read. */
  isRead = false;
  /** Whether all was delivered, and the destination ended. */
  isDone = false;

  constructor(from: TunnelSide, to: TunnelSide) {
    this.from = from;
    this.to = to;
  }
}

/** How the bytes go. */
export interface Way {
  /** From the first side to the second, and back. */
  readonly lanes: readonly [Lane, Lane];
  start(): void;
  /** The fd of this side is about to be closed. */
  leave(side: TunnelSide): void;
  /** Nothing is moved from here on. */
  stop(): void;
}

export interface TunnelLimits {
  readonly signal: AbortSignal | undefined;
  /** -1 for none. */
  readonly timeoutMs: number;
}

export class Tunnel {
  readonly sides: readonly [TunnelSide, TunnelSide];
  /** What its turns call, such as listeners of the sockets, runs in the AsyncLocalStorage store of splice(). */
  readonly resource = new asyncHooks.AsyncResource('FdTunnel');
  readonly #limits: TunnelLimits;
  /** Called once, when both sockets are closed. */
  readonly #settle: (error: Error | null) => void;
  #way: Way | null = null;
  #isOpen = true;
  #error: Error | null = null;
  /** How many sockets are not closed yet. */
  #left = 2;
  #forget: (() => void)[] = [];
  #timer: Timer | null = null;
  #lastMs = 0;
  /** What libuv had given the kernel when the timer was last set. */
  #sent = 0;

  constructor(sides: readonly [TunnelSide, TunnelSide], limits: TunnelLimits, settle: (error: Error | null) => void) {
    this.sides = sides;
    this.#limits = limits;
    this.#settle = settle;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Takes the sockets over. */
  run(way: Way): void {
    const { signal, timeoutMs } = this.#limits;
    this.#way = way;
    for (const side of this.sides) {
      side.hold();
      side.socket.once('close', () => this.#onClose());
      this.#forget.push(beforeDestroy(side.socket, (error) => this.#onDestroy(side, error)));
    }
    this.#forget.push(onAbort(signal, () => this.fail(aborted(signal?.reason))));
    if (timeoutMs >= 0) {
      this.onActivity();
      this.#setTimer(timeoutMs);
    }
    way.start();
  }

  /** Bytes came or went. */
  onActivity(): void {
    if (this.#limits.timeoutMs >= 0) this.#lastMs = native.now();
  }

  /** All of a direction was delivered, and its destination is told. */
  onDone(lane: Lane): void {
    lane.isDone = true;
    const { lanes } = this.#way as Way;
    if (!this.#isOpen || !lanes[0].isDone || !lanes[1].isDone) return;
    this.#close();
    for (const side of this.sides) {
      const { socket } = side;
      // Node destroys a stream that has emitted 'end' and 'finish'; not one to which other code gave bytes (unshift()).
      const destroy = () => setImmediate(() => socket.destroy());
      if (socket.writableFinished) destroy();
      else socket.once('finish', destroy);
    }
  }

  /** Ends the tunnel and both sockets. */
  fail(error: Error): void {
    if (!this.#isOpen) return;
    this.#error = errorUnder(this.#limits.signal, error);
    this.#close();
    for (const { socket } of this.sides) if (!socket.destroyed) socket.destroy(this.#error);
  }

  #onDestroy(side: TunnelSide, error: Error | null): void {
    const way = this.#way as Way;
    way.leave(side);
    const isNeeded = way.lanes.some(
      (lane) => (lane.from === side && !lane.isRead) || (lane.to === side && !lane.isDone),
    );
    if (isNeeded || error !== null) this.fail(connectionEnded(error, side.fd, 'splice'));
  }

  #onClose(): void {
    if (--this.#left > 0) return;
    this.resource.emitDestroy();
    this.#settle(this.#error);
  }

  #close(): void {
    this.#isOpen = false;
    this.#way?.stop();
    this.#timer?.cancel();
    for (const forget of this.#forget) forget();
    for (const side of this.sides) side.release();
  }

  #setTimer(delayMs: number): void {
    this.#sent = this.#sentByLibuv();
    this.#timer = sharedReactor().setTimer(delayMs, () => this.resource.runInAsyncScope(this.#onTimer, this));
  }

  #onTimer(): void {
    if (this.#sentByLibuv() !== this.#sent) this.onActivity(); // what was written before is still on its way
    const leftMs = this.#lastMs + this.#limits.timeoutMs - native.now();
    if (leftMs > 0) this.#setTimer(leftMs);
    else this.fail(timedOut(false));
  }

  #sentByLibuv(): number {
    let sent = 0;
    for (const { socket } of this.sides) {
      const handle = handleOf(socket);
      if (handle !== undefined) sent += handle.bytesWritten - handle.writeQueueSize;
    }
    return sent;
  }
}
