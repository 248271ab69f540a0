// The groups of the native table (table.ts) for fds, sockets, addresses and transfers inside the kernel: bind_fd.cc,
// bind_socket.cc, bind_address.cc, bind_message.cc, bind_sendfile.cc, posix/bind_pipe.cc and epoll/bind_splice.cc in
// native/bind.

type Bytes = Uint8Array;

/** The kind of an address for native code; 'none' for an address of length 0. */
export type AddressKind = 'IPv4' | 'IPv6' | 'unix' | 'other' | 'none';

export interface FdCalls {
  read(fd: number, buffer: Bytes, offset?: number, length?: number): number;
  write(fd: number, buffer: Bytes, offset?: number, length?: number): number;
  readv(fd: number, buffers: readonly Bytes[]): number;
  writev(fd: number, buffers: readonly Bytes[]): number;
  close(fd: number): number;
  release(fd: number): number;
  /** The environment closes it when it ends. Returns its identity. Fails with EBADF. */
  adopt(fd: number): number;
  /**
   * Where words[index] is `expected`, adds 1 to it and adopts the fd, both or neither: no termination comes between.
   * Returns its identity; WOULD_BLOCK where it is another number. Fails with EBADF, after the addition.
   */
  take(fd: number, words: Int32Array, index: number, expected: number): number;
  /** Returns equal numbers as long as the fd stands for the same open file; from 0 to 2^53 - 1. Fails with EBADF. */
  identity(fd: number): number;
  /** The same, which on Windows fails with ENOTSOCK for a number that is not an open socket. */
  openIdentity(fd: number): number;
  setNonBlocking(fd: number, on: number): number;
  /** Makes a blocking fd non-blocking, unless it is a terminal: 1 if that changed the mode, else 0. */
  ensureNonBlocking(fd: number): number;
  /** Windows cannot tell this of a socket. */
  isNonBlocking?(fd: number): number;
  /** What an fd is, as bits: FdTrait in ../node/fd-kind.ts. Not on Windows, where all are sockets. */
  traits?(fd: number): number;
  /** A second number for the same open file, close-on-exec; not on Windows. */
  duplicate?(fd: number): number;
  /** In bytes, of a regular file: EISDIR, and EINVAL for what is neither; not on Windows. */
  fileSize?(fd: number): number;
  /** Makes the environment close, when it ends, the fds that it opened. */
  closeAllAtEnd(): void;
}

export interface SocketCalls {
  socket(domain: number, type: number, protocol: number): number;
  readonly socketpairDomain: number;
  socketpair(domain: number, type: number, target: Int32Array): number;
  bind(fd: number, address: Bytes): number;
  connect(fd: number, address: Bytes): number;
  listen(fd: number, backlog: number): number;
  /** Fills `peer`, the bytes of a SocketAddress, if there is a connection. */
  accept(fd: number, peer?: Uint8Array): number;
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
  /** Linux. */
  steerByCpu?(fd: number, sockets: number): number;
}

/** Where the fields of a Message are, in words (native/sys/message/message.h). */
export interface MessageLayout {
  readonly words: number;
  readonly addressWords: number;
  readonly name: number;
  readonly destination: number;
  readonly localAddress: number;
  readonly offender: number;
  readonly timestampNs: number;
  readonly hardwareTimestampNs: number;
  readonly flags: number;
  readonly interfaceIndex: number;
  readonly ttl: number;
  readonly tos: number;
  readonly segmentBytes: number;
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  readonly pidfd: number;
  readonly hasError: number;
  readonly error: number;
  readonly errorOrigin: number;
  readonly errorType: number;
  readonly errorCode: number;
  readonly errorInfo: number;
  readonly errorData: number;
  readonly maxFds: number;
  readonly fdCount: number;
  readonly fds: number;
  readonly source: number;
  readonly sourceInterface: number;
  readonly sendTtl: number;
  readonly sendTos: number;
  readonly sendSegmentBytes: number;
  readonly sendPid: number;
  readonly sendUid: number;
  readonly sendGid: number;
  readonly sendFdCount: number;
  readonly sendFds: number;
}

export interface MessageCalls {
  readonly layout: MessageLayout;
  /** The system passes fds over AF_UNIX. */
  readonly passesFds: boolean;
  recvmsg(fd: number, buffer: Bytes, flags: number, message: Bytes): number;
  recvmsgList(fd: number, buffers: readonly Bytes[], flags: number, message: Bytes): number;
  /** Sends at most `length` bytes of the buffer. */
  sendmsg(fd: number, buffer: Bytes, flags: number, message: Bytes, length?: number): number;
  sendmsgList(fd: number, buffers: readonly Bytes[], flags: number, message: Bytes, length?: number): number;
  /** Closes the received fds that were not taken. */
  closeFds(message: Bytes): number;
}

export interface AddressCalls {
  /** The size of every address, in bytes. */
  readonly bytes: number;
  /** The longest path of a Unix socket, in bytes. */
  readonly maxPathBytes: number;
  fromIp(host: string, port: number, target: Bytes): number;
  fromPath(path: string, target: Bytes): number;
  /** Takes the bytes of a sockaddr. */
  fromBytes(bytes: Bytes, target: Bytes): number;
  /** How many bytes the sockaddr has; 0: no address. */
  lengthOf(address: Bytes): number;
  /** Linux, as the next two. */
  fromVsock?(cid: number, port: number, target: Bytes): number;
  fromNetlink?(pid: number, groups: number, target: Bytes): number;
  /** The cid (0) or port (1) of a vsock address, the pid (2) or groups (3) of a netlink one. Below 0: neither. */
  part?(address: Bytes, which: number): number;
  toText(address: Bytes): [kind: AddressKind, text: string, port: number, family: number];
}

export type SendfileCall = (outFd: number, inFd: number, offset: number, count: number) => number;

export interface SpliceCalls {
  splice(fdIn: number, offsetIn: number, fdOut: number, offsetOut: number, length: number, flags: number): number;
  tee(fdIn: number, fdOut: number, length: number, flags: number): number;
  vmsplice(fd: number, buffers: readonly Bytes[], flags: number): number;
  setPipeSize(fd: number, bytes: number): number;
  bytesInPipe(fd: number): number;
  /** What a side of splice is, as bits: ../transfer/pump-side.ts. */
  side(fd: number): number;
}
