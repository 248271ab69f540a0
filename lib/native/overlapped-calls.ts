// The group of the native table (table.ts) for overlapped calls: native/bind/windows/bind_overlapped*.cc. An operation
// is known by its id, a positive integer that is never used again. A call that starts an operation returns bytes (>= 0)
// if it is done and no packet follows, and WOULD_BLOCK if its packet will come out of the port. It returns BAD_ARGUMENT
// also if the operation is pending, or the handle is associated with no port of this thread.

type Bytes = Uint8Array;
type Buffers = Bytes | readonly Bytes[];

export interface OverlappedCalls {
  open(): [keptBy: object, operation: number] | number;
  isPending(operation: number): number;
  sender(operation: number, target: Bytes): number;
  isAssociated(handle: number): number;
  errorOfStatus(status: number): number;

  acceptEx(listener: number, accepted: number, operation: number): number;
  connectEx(fd: number, address: Bytes, operation: number, data: Bytes): number;
  disconnectEx(fd: number, flags: number, operation: number): number;
  wsaRecv(fd: number, buffers: Buffers, flags: number, operation: number): number;
  wsaRecvFrom(fd: number, buffers: Buffers, flags: number, operation: number): number;
  wsaSend(fd: number, buffers: Buffers, flags: number, operation: number): number;
  wsaSendTo(fd: number, buffers: Buffers, flags: number, to: Bytes, operation: number): number;
  cancelIoEx(handle: number, operation: number): number;
  afdPoll(fd: number, events: number, operation: number, port: number): number;

  openFile(path: string, access: number, share: number, disposition: number, flags: number): number;
  closeHandle(handle: number): number;
  readFile(handle: number, buffer: Bytes, offset: number, operation: number): number;
  writeFile(handle: number, buffer: Bytes, offset: number, operation: number): number;
  transmitFile(
    fd: number,
    file: number,
    offset: number,
    count: number,
    head: Bytes,
    tail: Bytes,
    flags: number,
    operation: number,
  ): number;
}
