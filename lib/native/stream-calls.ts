// The group of the native table (table.ts) for streams: native/bind/streams/bind_streams.cc. A set is the streams of a
// reactor, named by a number.

/** Where the parts of the memory of a turn are, in words (native/sys/streams/stream_area.h). */
export interface StreamLayout {
  readonly headerWords: number;
  readonly recordWords: number;
  readonly commandCount: number;
  readonly reportCount: number;
  readonly slabUsed: number;
  readonly unserved: number;
  readonly untold: number;
}

export interface StreamCalls {
  readonly layout: StreamLayout;
  /** @param queue the fd of an epoll or a kqueue, or the number of a port */
  open(
    queue: number,
    commandCapacity: number,
    reportCapacity: number,
    mostReceived: number,
    leastRoom: number,
    mostAccepted: number,
  ): number;
  /** Closes the streams of the set. */
  close(set: number): number;
  /** Takes over an fd; stores its slot and generation. */
  add(set: number, fd: number, role: number, noDelay: number, target: Int32Array): number;
  /** Stores the peer's address that accept(2) told, or none. */
  peer(set: number, slot: number, generation: number, address: Uint8Array): number;
  /** 1 if the fd of a stream is still its file, as far as the facility can tell; 0 if other code has closed it. */
  hasItsFd(set: number, slot: number, generation: number): number;
  /** 1 if a registration of the fd would take it from its stream; 0 where the kernel refuses a second one. */
  wouldLose(set: number, fd: number): number;
  /** Carries out the commands, and writes their results behind them. */
  flush(set: number, commands: Int32Array, sendArea: Uint8Array): number;
  /** Ends a piping. Stores bytes that it had under way, and returns how many; 0: none are left. */
  unpipe(set: number, slot: number, generation: number, target: Uint8Array): number;
  /** Carries out the commands, waits, and serves what is ready. Returns how many events of others there are. */
  wait(
    set: number,
    batch: Int32Array,
    commands: Int32Array,
    sendArea: Uint8Array,
    reports: Int32Array,
    slab: Uint8Array,
    timeoutMs: number,
    deadlineMs?: number,
  ): number;
}
