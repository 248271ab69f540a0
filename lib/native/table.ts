// The native add-on's table, typed: one function a kernel call. load.ts loads it.
//
// Every function that answers with a number follows native/core/result.h: >= 0 is a count or an fd, WOULD_BLOCK is -1,
// BAD_ARGUMENT means that nothing was called, and any other negative number holds an errno (see errorOf in errors.ts).
// What a platform does not have is not in the table, which is how the rest of lib/ knows what is supported.
import { workerThreads } from './builtins.js';
import type { SocketConstant, TransferConstant } from './constant-names.js';
import { loadNative } from './load.js';
import type { NativeOverlapped } from './overlapped.js';

type Bytes = Uint8Array;

/** What native code makes of an address; 'none' for one of length 0. */
export type AddressKind = 'IPv4' | 'IPv6' | 'unix' | 'other' | 'none';

/** The words of native/core/event_layout.h: where an event's fields are in a batch. */
export interface EventLayout {
  readonly firstWord: number;
  readonly eventWords: number;
  readonly dataWord: number;
}

/** The same of native/sys/kqueue/kqueue.h. Where filter and flags share a word, the filter is its lower half. */
export interface KeventLayout {
  readonly firstWord: number;
  readonly eventWords: number;
  readonly identWord: number;
  readonly filterWord: number;
  readonly flagsWord: number;
  readonly fflagsWord: number;
  readonly dataWord: number;
  readonly udataWord: number;
}

export interface Constants {
  readonly kqueue?: Readonly<Record<string, number>>;
  readonly epoll?: Readonly<Record<string, number>>;
  readonly socket: Readonly<Record<SocketConstant, number>>;
  readonly transfer: Readonly<Record<TransferConstant, number>>;
  readonly error: Readonly<Record<string, number>>;
}

export interface Native extends NativeOverlapped {
  /** Of the package that the add-on was built from. */
  readonly version: string;
  readonly constants: Constants;
  readonly addressBytes: number;
  /** Of a Unix socket, in bytes. */
  readonly longestPath: number;
  now(): number;
  stamp(batch: Int32Array): void;
  errorName(error: number): string | undefined;
  errorMessage(error: number): string | undefined;

  readonly epollEventLayout?: EventLayout;
  epollOpen?(): number;
  epollPulse(periodMs: number): number;
  epollControl(epollFd: number, op: number, fd: number, events: number, dataLow: number, dataHigh: number): number;
  epollWait(epollFd: number, batch: Int32Array, timeoutMs: number, deadlineMs?: number): number;

  readonly keventLayout?: KeventLayout;
  kqueueOpen?(): number;
  kqueueWait(
    kqueueFd: number,
    changes: Int32Array,
    changeCount: number,
    batch: Int32Array,
    timeoutMs: number,
    deadlineMs?: number,
  ): number;
  kqueueBindSource(source: number, kqueueFd: number, slot: number, generation: number): number;
  kqueueUnbindSource(source: number): number;

  readonly portEventLayout?: EventLayout;
  portOpen?(): number;
  portClose(port: number): number;
  portAssociate(port: number, handle: number, keyLow: number, keyHigh: number, skipOnSuccess: number): number;
  portPost(port: number, keyLow: number, keyHigh: number, bytes: number, operation: number): number;
  portWait(port: number, batch: Int32Array, timeoutMs: number, deadlineMs?: number): number;
  portPending(port: number): number;
  processHandleCount(): number;

  portWatch(port: number, fd: number, slot: number, generation: number, interest: number, oneshot: number): number;
  portModify(port: number, fd: number, slot: number, generation: number, interest: number, oneshot: number): number;
  portQuiet(port: number, fd: number): number;
  portUnwatch(port: number, fd: number): number;
  portFlush(port: number): number;
  portWatchSource(port: number, source: number, slot: number, generation: number): number;
  portUnwatchSource(source: number): number;

  read(fd: number, buffer: Bytes, offset?: number, length?: number): number;
  write(fd: number, buffer: Bytes, offset?: number, length?: number): number;
  readv(fd: number, buffers: readonly Bytes[]): number;
  writev(fd: number, buffers: readonly Bytes[]): number;
  close(fd: number): number;
  release(fd: number): number;
  /** Equal as long as the number stands for the same open file; from 0, exact as a number. Fails with EBADF. */
  fdIdentity(fd: number): number;
  setNonBlocking(fd: number, on: number): number;
  /** Makes a blocking fd non-blocking, but for a terminal: 1 where that changed it, else 0. */
  ensureNonBlocking(fd: number): number;
  isNonBlocking?(fd: number): number;
  pipe?(target: Int32Array): number;
  closeFdsAtEnd(): void;

  socket(domain: number, type: number, protocol: number): number;
  readonly socketpairDomain: number;
  socketpair(domain: number, type: number, target: Int32Array): number;
  bind(fd: number, address: Bytes): number;
  connect(fd: number, address: Bytes): number;
  listen(fd: number, backlog: number): number;
  accept(fd: number): number;
  recv(fd: number, buffer: Bytes, offset?: number, length?: number, flags?: number): number;
  send(fd: number, buffer: Bytes, offset?: number, length?: number, flags?: number): number;
  recvfrom(
    fd: number,
    buffer: Bytes,
    offset: number | undefined,
    length: number | undefined,
    flags: number | undefined,
    sender: Bytes,
  ): number;
  sendto(
    fd: number,
    buffer: Bytes,
    offset: number | undefined,
    length: number | undefined,
    flags: number | undefined,
    to: Bytes,
  ): number;
  shutdown(fd: number, how: number): number;
  getsockname(fd: number, address: Bytes): number;
  getpeername(fd: number, address: Bytes): number;
  getsockopt(fd: number, level: number, name: number, value: Bytes): number;
  setsockopt(fd: number, level: number, name: number, value: Bytes): number;
  takeError(fd: number, peer: Bytes): number;

  addressFromIp(host: string, port: number, target: Bytes): number;
  addressFromPath(path: string, target: Bytes): number;
  addressToText(address: Bytes): [kind: AddressKind, text: string, port: number, family: number];

  sendfile?(outFd: number, inFd: number, offset: number, count: number): number;
  splice?(fdIn: number, offsetIn: number, fdOut: number, offsetOut: number, length: number, flags: number): number;
  tee(fdIn: number, fdOut: number, length: number, flags: number): number;
  vmsplice(fd: number, buffers: readonly Bytes[], flags: number): number;
  setPipeSize(fd: number, bytes: number): number;
  bytesInPipe(fd: number): number;

  wakerOpen(): [source: number, id: number] | number;
  wakerWake(id: number): number;
  wakerAcknowledge(id: number): number;
  wakerWasMade(id: number): number;
  /** `isOpen` 0: other code closed its fd, whose number must not be closed. */
  wakerClose(id: number, isOpen: number): number;

  signalWatch(number: number, way: number): number;
  signalAcknowledge(source: number): number;
  signalUnwatch(source: number): number;
  signalCanBeWatched(number: number): number;

  hostAttachThread(fd: number, callback: () => void): number;
  hostDetach(handle: number): number;
  hostSetTimer(handle: number, deadlineMs: number): number;
  hostSetReferenced(handle: number, referenced: number): number;

  /** These four only where the host has libuv; whether it is sound, host-loop.ts knows. */
  hostAttachUv(fd: number, callback: () => void): number;
  hostBackendFd(): number;
  hostHasUnwatched(): number;
  hostHasEvents(): number;
}

const loaded = loadNative();

/**
 * The table. It has so many entries that V8 looks each up by name; a module with a hot call takes the function out once,
 * into a constant, which the compiler then calls directly.
 */
export const native = loaded.table as Native;

/** Where it came from. */
export const nativeFile = loaded.file;

// A worker ends before its process does, so what it leaves open would be leaked (Node does the same for fs fds).
if (!workerThreads.isMainThread) native.closeFdsAtEnd();
