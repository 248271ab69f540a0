// A tunnel inside the kernel: a Pump a direction, and one registration a socket with `sharedReactor()`. The fds stay
// libuv's, which reads no more.
//
// The registrations are edge-triggered, for reading and writing: what a direction waits for changes all the time, and
// is never told to the kernel. So who stops before the kernel has said "would block" has to go on by itself.
//
// A direction begins when all that was written to its destination before has left: that, then what Node had read of the
// source, then what comes by the Pump. A file on its way (sendFile()) is such a write, and has the fd registered until
// it is through.
import type { AsyncResource } from 'node:async_hooks';
import { SystemError } from '../../base/errors.js';
import { Interest, Ready } from '../../reactor/interest.js';
import type { Registration } from '../../reactor/registration.js';
import type { Timer } from '../../reactor/timers.js';
import { takeError } from '../../socket/calls.js';
import { Pump } from '../../transfer/pump.js';
import { handleOf, type NodeHandle } from '../handle.js';
import { PastLibuv } from '../inside/past-libuv.js';
import { isAtEnd, stopReading, takeUnread } from '../inside/reading.js';
import { hasTurn, inLaterTurn, type Paced, spend } from '../pace.js';
import { sharedReactor } from '../shared-reactor.js';
import { SocketWrites } from '../socket-writes.js';
import { Lane, type Tunnel, type Way } from './tunnel.js';
import type { TunnelSide } from './tunnel-side.js';

/** How much a direction moves in a turn at most. */
const BUDGET_BYTES = 1 << 20;
/** After how long it is tried again where the process has no fds for a pipe, or the kernel no memory. */
const RETRY_MS = 50;
const FROM = Ready.READABLE | Ready.READ_CLOSED | Ready.ERROR | Ready.HANGUP;
const TO = Ready.WRITABLE | Ready.WRITE_CLOSED | Ready.ERROR | Ready.HANGUP;
const EMPTY = Buffer.alloc(0);

/** What a direction tells the tunnel. */
interface LaneOwner {
  readonly resource: AsyncResource;
  onActivity(): void;
  onMoved(lane: PumpedLane): void;
  fail(error: Error): void;
}

class PumpedLane extends Lane implements Paced {
  /** Whether all that was written to the destination before has left. */
  isSent = false;
  isBegun = false;
  readonly pump: Pump;
  readonly #owner: LaneOwner;
  readonly #fromCounts: PastLibuv;
  readonly #toCounts: PastLibuv;
  /** It goes on in a later turn, whatever is ready. */
  #isLate = false;
  #retry: Timer | null = null;

  constructor(owner: LaneOwner, from: TunnelSide, to: TunnelSide) {
    super(from, to);
    this.#owner = owner;
    this.pump = new Pump(from.fd, to.fd, { budgetBytes: BUDGET_BYTES });
    this.#fromCounts = PastLibuv.of(from.socket);
    this.#toCounts = PastLibuv.of(to.socket);
  }

  /** While bytes wait for the destination, the source does not matter. */
  onSource(): void {
    if (this.pump.pending === 0) this.#move();
  }

  onDestination(): void {
    if (this.pump.pending > 0) this.#move();
  }

  begin(): void {
    this.isBegun = true;
    this.#move();
  }

  goOn(): void {
    this.#isLate = false;
    this.#owner.resource.runInAsyncScope(this.#move, this);
  }

  stop(): void {
    this.isDone = true;
    this.#retry?.cancel();
    this.pump.close();
  }

  #move(): void {
    if (!this.isBegun || this.isDone || this.#isLate) return;
    if (!hasTurn(this)) {
      this.#isLate = true;
      return;
    }
    const { pump } = this;
    const delivered = pump.bytes;
    const read = delivered + pump.pending;
    let error: Error | null = null;
    try {
      pump.move();
    } catch (thrown) {
      error = thrown as Error;
    }
    this.#count(pump.bytes + pump.pending - read, pump.bytes - delivered);
    if (error !== null) this.#onError(error);
    else if (!pump.done && pump.pending === 0 && pump.bytes - delivered >= BUDGET_BYTES) this.#goOnLater();
    this.#owner.onMoved(this);
  }

  #count(read: number, delivered: number): void {
    if (read + delivered === 0) return;
    this.bytes += delivered;
    spend(delivered);
    this.#fromCounts.add(read, 0);
    this.#toCounts.add(0, delivered);
    this.#owner.onActivity();
  }

  #goOnLater(): void {
    this.#isLate = true;
    inLaterTurn(this);
  }

  /** A pump that has failed for good waits for nothing. */
  #onError(error: Error): void {
    const { sourceInterest, destinationInterest } = this.pump;
    if ((sourceInterest | destinationInterest) === 0) this.#owner.fail(error);
    else if (this.#retry === null) {
      this.#retry = sharedReactor().setTimer(RETRY_MS, () => {
        this.#retry = null;
        this.#owner.resource.runInAsyncScope(this.#move, this);
      });
    }
  }
}

export class SpliceWay implements Way, LaneOwner {
  readonly lanes: readonly [PumpedLane, PumpedLane];
  readonly resource: AsyncResource;
  readonly #tunnel: Tunnel;
  readonly #registrations = new Map<TunnelSide, Registration<undefined>>();

  /** Changes nothing yet. @throws SystemError EBADF; as the first `sharedReactor()` */
  constructor(tunnel: Tunnel) {
    const [a, b] = tunnel.sides;
    this.#tunnel = tunnel;
    this.resource = tunnel.resource;
    sharedReactor();
    this.lanes = [new PumpedLane(this, a, b), new PumpedLane(this, b, a)];
  }

  start(): void {
    for (const { from } of this.lanes) {
      const handle = handleOf(from.socket) as NodeHandle;
      stopReading(handle);
      handle.readStart = () => 0; // whatever asks the stream for bytes
      from.endsAtOnce();
    }
    for (const lane of this.lanes) this.#carry(lane);
  }

  leave(side: TunnelSide): void {
    this.#registrations.get(side)?.deregister();
    this.#registrations.delete(side);
  }

  stop(): void {
    for (const side of this.#tunnel.sides) this.leave(side);
    for (const lane of this.lanes) lane.stop();
  }

  onActivity(): void {
    this.#tunnel.onActivity();
  }

  fail(error: Error): void {
    this.#tunnel.fail(error);
  }

  onMoved(lane: PumpedLane): void {
    if (!lane.pump.done || !this.#tunnel.isOpen) return;
    lane.isRead = true;
    const { socket } = lane.from;
    socket.push(null);
    socket.read(); // now it emits 'end'
    this.#end(lane);
  }

  /** What Node has read goes behind what was written before. */
  #carry(lane: PumpedLane): void {
    const { from, to } = lane;
    lane.isRead = isAtEnd(from.socket);
    const unread = takeUnread(from.socket);
    const isIdle = to.socket.writableLength === 0 && handleOf(to.socket)?.writeQueueSize === 0;
    if (unread.length === 0 && isIdle) {
      this.#onSent(lane);
      return;
    }
    const last = unread.pop() ?? EMPTY;
    let length = last.length;
    for (const part of unread) {
      length += part.length;
      to.write(part);
    }
    to.write(last, (error) => {
      if (error != null) return; // its socket is destroyed, and the tunnel hears of that
      lane.bytes += length;
      this.#onSent(lane);
    });
  }

  #onSent(lane: PumpedLane): void {
    lane.isSent = true;
    this.onActivity();
    for (const each of this.lanes) this.#begin(each);
  }

  #begin(lane: PumpedLane): void {
    if (!this.#tunnel.isOpen || !lane.isSent || lane.isBegun) return;
    if (lane.isRead) {
      lane.isBegun = true;
      this.#end(lane);
      return;
    }
    if (SocketWrites.hasFiles(lane.from.socket)) return; // the other direction begins behind them, and this one with it
    try {
      for (const side of this.#tunnel.sides) this.#watch(side);
    } catch (error) {
      this.fail(error as Error); // EEXIST: other code registered the fd meanwhile
      return;
    }
    lane.begin();
  }

  /** The destination ends as by its end(): the kernel knows already, or is told. */
  #end(lane: PumpedLane): void {
    lane.to.end();
    this.#tunnel.onDone(lane);
  }

  #watch(side: TunnelSide): void {
    if (this.#registrations.has(side)) return;
    const [first, second] = this.lanes;
    const [outOf, into] = first.from === side ? [first, second] : [second, first];
    const onReady = (ready: number): void => {
      if ((ready & FROM) !== 0) outOf.onSource();
      if ((ready & TO) !== 0) into.onDestination();
      if ((ready & Ready.ERROR) !== 0) this.#onErrorOf(side);
    };
    const handler = (ready: number): void => this.resource.runInAsyncScope(onReady, undefined, ready);
    const interest = Interest.READABLE | Interest.WRITABLE;
    this.#registrations.set(side, sharedReactor().register(side.fd, interest, handler, { mode: 'edge' }));
  }

  /** A reset that neither direction has met: one has ended, and nothing is to be delivered by the other. */
  #onErrorOf(side: TunnelSide): void {
    if (!this.#registrations.has(side)) return;
    const error = takeError(side.fd);
    if (error instanceof SystemError) this.fail(error);
  }
}
