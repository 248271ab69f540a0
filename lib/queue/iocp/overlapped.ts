// One overlapped operation, as JavaScript has it: the class that users make, the table of those that are pending, and
// how a native answer becomes a result or an error. Used by overlapped-calls.ts and completion-port.ts.

import {
  BAD_ARGUMENT,
  errorOf,
  invalidState,
  invalidType,
  invalidValue,
  SystemError,
  UnsupportedError,
} from '../../base/errors.js';
import { callsOf, native } from '../../native/table.js';
import { SocketAddress } from '../../socket/address.js';
import { STATUS_END_OF_FILE } from './constants.gen.js';

const calls = callsOf(native.overlapped); // present if an Overlapped exists: its constructor checks

/** Whether this platform has completion ports and overlapped calls. */
export const supported: boolean = native.overlapped !== undefined;

/**
 * Those whose packet has not been taken out of their port, by id: they are kept alive, and found again by their packet.
 */
const pending = new Map<number, Overlapped>();

interface Members {
  idOf(overlapped: Overlapped): number;
  isOverlapped(value: unknown): value is Overlapped;
  began(overlapped: Overlapped, call: string, handle: number | undefined): void;
  errorFor(overlapped: Overlapped, status: number): SystemError | null;
}
let members: Members;

/** What an operation was last used for, where no call has begun it. */
const POSTED = 'PostQueuedCompletionStatus';

/**
 * One overlapped operation (OVERLAPPED): what a call is given that goes on after it has returned, and what its packet
 * is known by. It can be used again and again, for any call, but for one at a time: while it is pending, every call
 * that is given it throws ERR_INVALID_STATE.
 *
 * Bytes are copied to and from the buffers of a call, since an ArrayBuffer can be taken away while the kernel uses it:
 * to send, when the call is made; to receive, when wait() takes the packet out of the port. So a buffer to send from
 * may be used again at once. A buffer to receive into must not be detached or shortened before: that packet's error is
 * then EFAULT, and its bytes are lost. Only memory of a SharedArrayBuffer is used by the kernel in place, until the
 * packet was taken out.
 *
 * A pending one is kept alive, with its buffers, whether or not you keep it. After the last of it the memory that the
 * kernel used is given back; at most 64 KiB of it is kept for the next call.
 *
 * @throws UnsupportedError where there are no completion ports
 */
export class Overlapped<T = unknown> {
  /** Yours: what a packet is about, say. */
  data: T;
  readonly #id: number;
  // Native code forgets the operation when this is collected.
  readonly #keptBy: object;
  #call = POSTED;
  #handle: number | undefined;

  /** @param data what `data` is at first */
  constructor(data?: T) {
    if (!supported) throw new UnsupportedError('an I/O completion port');
    this.data = data as T;
    const opened = calls.open();
    if (typeof opened === 'number') throw new SystemError(errorOf(opened), 'Overlapped');
    [this.#keptBy, this.#id] = opened;
  }

  /** Whether a call or post() has begun it and its packet was not taken out of the port yet, by wait() or close(). */
  get pending(): boolean {
    return this.#keptBy !== undefined && calls.isPending(this.#id) === 1;
  }

  /**
   * Fills `target` with who sent what the last wsaRecvFrom() has received; with no address where that failed.
   *
   * @throws ERR_INVALID_STATE while it is pending, or where its last use was another
   */
  sender(target: SocketAddress): void {
    const bytes = SocketAddress.bytesOf(target);
    if (bytes === undefined) throw invalidType('target', 'a SocketAddress', target);
    if (calls.sender(this.#id, bytes) < 0) {
      throw invalidState('the Overlapped is pending, or was not last used by wsaRecvFrom()');
    }
  }

  static {
    members = {
      idOf: (overlapped) => overlapped.#id,
      isOverlapped: (value): value is Overlapped => typeof value === 'object' && value !== null && #id in value,
      began(overlapped, call, handle) {
        overlapped.#call = call;
        overlapped.#handle = handle;
      },
      errorFor: (overlapped, status) => errorOfStatus(status, overlapped.#call, overlapped.#handle),
    };
  }
}

/** Its id, for native code. Throws if this is not an Overlapped, or overlapped I/O is unsupported. */
export function operationOf(overlapped: unknown): number {
  if (!supported) throw new UnsupportedError('overlapped I/O');
  if (!members.isOverlapped(overlapped)) throw invalidType('overlapped', 'an Overlapped', overlapped);
  return members.idOf(overlapped);
}

/** Its packet will come: it is found again by takePending(). */
export function markPending(overlapped: Overlapped, call = POSTED, handle?: number): void {
  members.began(overlapped, call, handle);
  keepPending(overlapped);
}

export function keepPending(overlapped: Overlapped): void {
  pending.set(members.idOf(overlapped), overlapped);
}

/** The Overlapped of a packet that was taken out; null if it was collected. */
export function takePending(id: number): Overlapped | null {
  const overlapped = pending.get(id);
  if (overlapped === undefined) return null;
  pending.delete(id);
  return overlapped;
}

/** Drops the operations that a closed port has completed; those that the kernel still holds stay pending. */
export function dropCompleted(): void {
  for (const [id, overlapped] of pending) if (!overlapped.pending) pending.delete(id);
}

/** The error of a packet with that status; null for none. */
export function packetError(overlapped: Overlapped | null, status: number): SystemError | null {
  if (overlapped === null) return errorOfStatus(status, 'GetQueuedCompletionStatusEx', undefined);
  return members.errorFor(overlapped, status);
}

function errorOfStatus(status: number, call: string, fd: number | undefined): SystemError | null {
  const error = status === STATUS_END_OF_FILE ? 0 : calls.errorOfStatus(status);
  return error === 0 ? null : new SystemError(error, call, { fd });
}

/** Throws where the operation is pending, as native code has refused it. */
export function checkIdle(overlapped: Overlapped): void {
  if (overlapped.pending) throw invalidState('the Overlapped is pending: its packet was not taken out of its port yet');
}

/** Throws if no port of this thread would get the handle's completions. */
export function checkAssociated(handle: number): void {
  if (calls.isAssociated(handle) === 1) return;
  throw invalidState(
    `${handle} is not associated with a port of this thread: associate it with a CompletionPort first`,
  );
}

/**
 * What a call answers with: bytes where it is done and no packet comes, WOULD_BLOCK where its packet will.
 *
 * @param check throws for the argument that was wrong
 */
export function answer(
  result: number,
  call: string,
  handle: number,
  overlapped: Overlapped,
  check: () => void,
): number {
  if (result >= 0) return result;
  if (result === -1) {
    markPending(overlapped, call, handle);
    return result;
  }
  if (result !== BAD_ARGUMENT) throw new SystemError(errorOf(result), call, { fd: handle });
  check();
  checkIdle(overlapped);
  checkAssociated(handle);
  throw invalidValue(`an argument of ${call}()`, 'usable', undefined);
}
