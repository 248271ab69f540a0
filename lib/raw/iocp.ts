/**
 * Raw I/O completion ports, Windows. Can be imported everywhere; `supported` says whether they can be used.
 *
 * @packageDocumentation
 */
import { UnsupportedError } from '../errors.js';

/** Whether this build has completion ports. */
export const supported: boolean = false;

/** A completion port. @throws UnsupportedError where there are none */
export class CompletionPort {
  constructor() {
    throw new UnsupportedError('an I/O completion port');
  }
}

/** The entries of one wait. @throws UnsupportedError where there are no completion ports */
export class CompletionEntries {
  constructor(_capacity: number) {
    throw new UnsupportedError('an I/O completion port');
  }
}

/** An overlapped operation. @throws UnsupportedError where there are no completion ports */
export class Overlapped {
  constructor() {
    throw new UnsupportedError('an I/O completion port');
  }
}

function refuse(): never {
  throw new UnsupportedError('overlapped I/O');
}

/** Overlapped AcceptEx. @throws UnsupportedError where there is none, as all calls here */
export const acceptEx: (...args: unknown[]) => never = refuse;
/** Overlapped ConnectEx. */
export const connectEx: (...args: unknown[]) => never = refuse;
/** Overlapped DisconnectEx. */
export const disconnectEx: (...args: unknown[]) => never = refuse;
/** Overlapped WSARecv. */
export const wsaRecv: (...args: unknown[]) => never = refuse;
/** Overlapped WSASend. */
export const wsaSend: (...args: unknown[]) => never = refuse;
/** Overlapped WSARecvFrom. */
export const wsaRecvFrom: (...args: unknown[]) => never = refuse;
/** Overlapped WSASendTo. */
export const wsaSendTo: (...args: unknown[]) => never = refuse;
/** Overlapped TransmitFile. */
export const transmitFile: (...args: unknown[]) => never = refuse;
/** Overlapped ReadFile. */
export const readFile: (...args: unknown[]) => never = refuse;
/** Overlapped WriteFile. */
export const writeFile: (...args: unknown[]) => never = refuse;
/** CancelIoEx. */
export const cancelIoEx: (...args: unknown[]) => never = refuse;
/** The readiness of a socket as a completion. */
export const afdPoll: (...args: unknown[]) => never = refuse;
