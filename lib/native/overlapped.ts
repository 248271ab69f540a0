// The part of the native table (table.ts) that is about overlapped operations: native/bind/bind_overlapped*.cc. An operation
// is known by its id, a positive integer that is never used again. A call that starts one answers with bytes (>= 0) where
// it is done and no packet will come, WOULD_BLOCK where its packet will come out of the port, and BAD_ARGUMENT also where
// the operation is pending or the handle is associated with no port of this thread.

type Bytes = Uint8Array;
type Buffers = Bytes | readonly Bytes[];

export interface NativeOverlapped {
  overlappedOpen(): [keptBy: object, operation: number] | number;
  overlappedPending(operation: number): number;
  overlappedSender(operation: number, target: Bytes): number;
  overlappedAssociated(handle: number): number;
  statusError(status: number): number;

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
