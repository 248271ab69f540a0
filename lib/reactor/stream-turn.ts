// What the streams of a reactor (lib/connection/) do in its turns, as far as the Reactor knows of them.
import type { Backend } from './backend.js';

export interface StreamTurn {
  /** How many streams there are. */
  readonly size: number;
  /** Whether one of them keeps the process of an attached reactor alive. */
  readonly keepsAlive: boolean;
  /** Whether there is something to deliver: reports of the last wait, errors, or what calls have left to be told. */
  readonly isUnfinished: boolean;
  /** Whether nothing of the last wait is left, so that another may begin. */
  readonly isBatchOver: boolean;
  /** Whether the next turn has something to do without an event: commands, or streams that had no room. */
  readonly isDue: boolean;
  /** Before a wait, which may be cut short: by an error, or by a termination, which skips `finally`. */
  prepare(): void;
  /** Looks at what a wait has left. Calls no handler. */
  begin(): void;
  /** Hands on the reports. Returns how many. What a handler throws leaves it, and the next call goes on. */
  deliver(): number;
  /** Carries out the commands, without a wait. */
  flush(): void;
  /** Closes the streams. No handler is called from here on. */
  close(): void;
}

/** What the streams of a reactor get from it. */
export interface StreamGround {
  readonly backend: Backend;
  /** Tells the host that there is something to do. */
  wake(): void;
  /** The same where that is commands, which need no turn. */
  wakeForCommands(): void;
}

/** The memory of a turn (lib/connection/stream-area.ts), as native code takes it. */
export interface StreamMemory {
  readonly commands: Int32Array;
  readonly sendArea: Uint8Array;
  readonly reports: Int32Array;
  /** Another one is used from the next wait on. */
  slab: Uint8Array;
}

/** The sizes of that memory, and how much of it one stream may take in a turn. */
export interface StreamLimits {
  /** How many commands. */
  readonly commands: number;
  /** How many reports. */
  readonly reports: number;
  readonly sendBytes: number;
  readonly slabBytes: number;
  /** How many bytes of one stream. */
  readonly mostReceived: number;
  /** How many bytes of the slab must be left for a receive. */
  readonly leastRoom: number;
  /** How many connections of one listener. */
  readonly mostAccepted: number;
}

/** A backend's part in the streams. From openStreams() on its wait() carries out the commands and fills the reports. */
export interface StreamEngine {
  /** The system call of add(), for errors. */
  readonly changeCall: string;
  /** Takes over an fd; stores its slot and generation. Returns a result. */
  add(fd: number, role: number, noDelay: boolean, target: Int32Array): number;
  /** Stores the peer's address that accept(2) told, or none. Returns a result. */
  peer(slot: number, generation: number, address: Uint8Array): number;
  /** Whether the fd of a stream is still its file, as far as the facility can tell. */
  hasItsFd(slot: number, generation: number): boolean;
  /** Carries out the commands, without a wait. */
  flush(): void;
  /**
   * Ends a piping. Stores bytes that it had under way, and returns how many; 0: none are left. Without it the
   * engine has no pipings, and Op.PIPE is no command of it.
   */
  unpipe?(slot: number, generation: number, target: Uint8Array): number;
  /** Closes the streams. The wait is an ordinary one from here on. */
  close(): void;
}
