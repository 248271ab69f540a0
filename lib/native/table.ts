// The table of the native add-on, typed: an object of groups, one a facility. load.ts loads it.
//
// Every call that returns a number follows native/core/result.h: >= 0 is a count or an fd, WOULD_BLOCK is -1,
// BAD_ARGUMENT means that native code called nothing, and any other negative number holds an errno (see errorOf() in
// lib/base/errors.ts). A facility that the platform lacks has no group; the rest of lib/ learns from that what it
// supports.
import { workerThreads } from './builtins.js';
import type {
  EpollConstant,
  ErrorConstant,
  KqueueConstant,
  SocketConstant,
  TransferConstant,
} from './constant-names.gen.js';
import type { AddressCalls, FdCalls, MessageCalls, SendfileCall, SocketCalls, SpliceCalls } from './fd-calls.js';
import type { HostCalls, HostUvCalls, SignalCalls, WakerCalls } from './host-calls.js';
import type { IoctlCalls } from './ioctl-calls.js';
import type { LinuxCalls } from './linux-calls.js';
import type { LinuxConstant } from './linux-constant-names.gen.js';
import { loadNative } from './load.js';
import type { OverlappedCalls } from './overlapped-calls.js';
import type { EpollCalls, KqueueCalls, PortCalls } from './queue-calls.js';
import type { StreamCalls } from './stream-calls.js';

export interface Constants {
  readonly kqueue?: Readonly<Partial<Record<KqueueConstant, number>>>;
  readonly epoll?: Readonly<Partial<Record<EpollConstant, number>>>;
  readonly linux: Readonly<Record<LinuxConstant, number>>;
  readonly socket: Readonly<Record<SocketConstant, number>>;
  readonly transfer: Readonly<Record<TransferConstant, number>>;
  readonly error: Readonly<Partial<Record<ErrorConstant, number>>>;
}

export interface Native {
  /** The version of the package that the add-on was built from. */
  readonly version: string;
  readonly constants: Constants;
  /** Reads the monotonic clock, in milliseconds. */
  now(): number;
  /** Writes the monotonic clock into the header of a batch, so that no number becomes an object on the heap. */
  readClock(batch: Int32Array): void;
  errorName(error: number): string | undefined;
  errorMessage(error: number): string | undefined;
  /** Windows only. Counts the handles that the process has open. */
  processHandleCount?(): number;

  readonly epoll?: EpollCalls;
  readonly kqueue?: KqueueCalls;
  readonly port?: PortCalls;
  /** Exists wherever `port` does. */
  readonly overlapped?: OverlappedCalls;

  readonly linux?: LinuxCalls;
  readonly ioctl?: IoctlCalls;

  readonly streams?: StreamCalls;

  readonly fd: FdCalls;
  readonly socket: SocketCalls;
  readonly address: AddressCalls;
  readonly message: MessageCalls;
  /** Stores the reading and the writing fd. Windows lacks it: a pipe is not a socket there. */
  pipe?(target: Int32Array): number;
  readonly sendfile?: SendfileCall;
  readonly splice?: SpliceCalls;

  readonly waker: WakerCalls;
  readonly signal: SignalCalls;
  readonly host: HostCalls;
  /** Exists where the process has the functions of libuv; host-loop.ts decides whether they are usable. */
  readonly hostUv?: HostUvCalls;
}

const loaded = loadNative();

/**
 * The table. V8 looks up each entry of a large object by name. A module with a hot call takes the function out once,
 * into a constant, and the compiler calls the constant directly.
 */
export const native = loaded.table as Native;

/**
 * Returns the calls of a group, to be taken out into constants at the top of a module. If the platform lacks the group,
 * each call is undefined. So the module checks for the group before the first call, in the constructor of its class.
 */
export function callsOf<Group extends object>(group: Group | undefined): Group {
  return group ?? ({} as Group);
}

/** The file that the add-on was loaded from. */
export const nativeFile = loaded.file;

// A worker ends before its process does, and its open fds would leak. So the worker closes them; Node does so for fs.
if (!workerThreads.isMainThread) native.fd.closeAllAtEnd();
