/**
 * Raw I/O completion ports, Windows: a port, the overlapped calls whose packets come out of it, and the readiness of a
 * socket as such a call. One function a call of Windows, by its own name. Can be imported everywhere; `supported` says
 * whether it can be used, and what cannot throws UnsupportedError.
 *
 * A call begins an operation on a handle that was associated with a port, and returns `WOULD_BLOCK`: its packet will
 * come out of `port.wait()`. It returns bytes instead only where there will be no packet, which is with skipOnSuccess
 * (and at the end of a file). What it throws was not begun, and makes no packet.
 *
 * @module fdreactor/iocp
 */

export { WOULD_BLOCK } from './base/errors.js';
export { type AssociateOptions, CompletionEntries, CompletionPort } from './queue/iocp/completion-port.js';
export * from './queue/iocp/constants.gen.js';
export { Overlapped, supported } from './queue/iocp/overlapped.js';
export {
  acceptEx,
  afdPoll,
  type Buffers,
  cancelIoEx,
  connectEx,
  disconnectEx,
  wsaRecv,
  wsaRecvFrom,
  wsaSend,
  wsaSendTo,
} from './queue/iocp/overlapped-calls.js';
export {
  closeHandle,
  type OpenFileOptions,
  openFile,
  readFile,
  type TransmitFileOptions,
  transmitFile,
  writeFile,
} from './queue/iocp/overlapped-files.js';
export { type CompletionHandler, portOf } from './reactor/port.js';
