// Completion ports and the packets that come out of them; exported as a part of fdreactor/iocp.
import { checkBoolean, checkFd, checkInteger, checkObject, checkTimeout, NO_OPTIONS } from '../../base/arguments.js';
import { BAD_ARGUMENT, errorOf, invalidState, invalidType, SystemError, UnsupportedError } from '../../base/errors.js';
import { deadlineAfter, NO_DEADLINE, waitInSlices } from '../../base/wait.js';
import { callsOf, native } from '../../native/table.js';
import { EventBatch } from '../event-batch.js';
import {
  checkIdle,
  dropCompleted,
  keepPending,
  markPending,
  type Overlapped,
  operationOf,
  packetError,
  takePending,
} from './overlapped.js';

const MAX_ENTRIES = 1 << 24;
const TWO_TO_32 = 2 ** 32;
const NO_OPERATION = 0;
const calls = callsOf(native.port); // the constructor checks that they exist

const { statusWord, bytesWord, keyWord, operationWord } = callsOf(native.port?.layout);

/** A word of a packet, as an unsigned integer. */
function wordAt(words: Int32Array, index: number): number {
  return (words[index] as number) >>> 0;
}

/** Two of them. */
function pairAt(words: Int32Array, index: number): number {
  return wordAt(words, index + 1) * TWO_TO_32 + wordAt(words, index);
}

/** One packet, as a reactor hands it on. */
export interface Packet {
  readonly overlapped: Overlapped | null;
  readonly key: number;
  readonly bytes: number;
  readonly error: SystemError | null;
}

/**
 * Of the batch that a reactor's port has filled. A handler that ran before in the same turn may have begun the same
 * operation again: then it stays pending.
 */
export function packetAt(words: Int32Array, firstWord: number): Packet {
  const id = pairAt(words, firstWord + operationWord);
  const overlapped = id === NO_OPERATION ? null : takePending(id);
  if (overlapped?.pending) keepPending(overlapped);
  return {
    overlapped,
    key: pairAt(words, firstWord + keyWord),
    bytes: wordAt(words, firstWord + bytesWord),
    error: packetError(overlapped, wordAt(words, firstWord + statusWord)),
  };
}

let wordsOf: (entries: unknown) => Int32Array | undefined;
let filled: (entries: CompletionEntries, count: number) => void;

/**
 * The packets of one wait (OVERLAPPED_ENTRY), in memory of its own that the next wait fills again. Members are
 * meaningful for i below what wait() returned.
 */
export class CompletionEntries {
  readonly #batch: EventBatch;
  readonly #firstWord: number;
  readonly #eventWords: number;
  readonly #overlapped: (Overlapped | null)[];
  #count = 0;

  /**
   * @param capacity how many packets one wait can return, 1 to 16,777,216; one wait never returns more than 1024
   * @throws UnsupportedError where there are no completion ports
   */
  constructor(capacity: number) {
    if (native.port === undefined) throw new UnsupportedError('an I/O completion port');
    const { layout } = native.port;
    checkInteger(capacity, 'capacity', 1, MAX_ENTRIES);
    this.#batch = new EventBatch(layout, capacity);
    this.#firstWord = layout.firstWord;
    this.#eventWords = layout.eventWords;
    this.#overlapped = [];
  }

  /** How many packets fit. */
  get capacity(): number {
    return this.#batch.capacity;
  }

  /** The key that associate() or post() gave; of an afdPoll() the socket. */
  key(i: number): number {
    return pairAt(this.#batch.words, this.#word(i, keyWord));
  }

  /** How many bytes were moved; what post() gave; of an afdPoll() its AFD_POLL_ bits. */
  bytes(i: number): number {
    return wordAt(this.#batch.words, this.#word(i, bytesWord));
  }

  /**
   * How it came out: an NTSTATUS as an unsigned integer, STATUS_SUCCESS (0) where it worked. error(i) gives it a name.
   */
  status(i: number): number {
    return wordAt(this.#batch.words, this.#word(i, statusWord));
  }

  /**
   * Whose packet it is: idle now, to be used again. null for a packet that was posted without one, or is of an
   * operation that other code has begun on a handle that is associated here. It is held until the next wait with these
   * entries.
   */
  overlapped(i: number): Overlapped | null {
    checkInteger(i, 'i', 0, this.#batch.capacity - 1);
    return this.#overlapped[i] ?? null;
  }

  /**
   * What went wrong; null where it worked, which the end of a file (0 bytes) counts as.
   *
   * ECONNRESET, ECONNABORTED, ECONNREFUSED, ETIMEDOUT ... as the call itself would have failed; ECANCELED after
   * cancelIoEx() or the close of its socket; EMSGSIZE for a datagram that did not fit, of which there are bytes(i);
   * EFAULT where a buffer to receive into was detached or shortened before.
   */
  error(i: number): SystemError | null {
    return packetError(this.overlapped(i), this.status(i));
  }

  /** Where in the batch it is. */
  #word(i: number, word: number): number {
    checkInteger(i, 'i', 0, this.#batch.capacity - 1);
    return this.#firstWord + i * this.#eventWords + word;
  }

  /** Finds the operation of each packet, before any of them can begin again. */
  #fill(count: number): void {
    for (let i = 0; i < count; i++) {
      const id = pairAt(this.#batch.words, this.#word(i, operationWord));
      this.#overlapped[i] = id === NO_OPERATION ? null : takePending(id);
    }
    for (let i = count; i < this.#count; i++) this.#overlapped[i] = null;
    this.#count = count;
  }

  static {
    wordsOf = (value) =>
      typeof value === 'object' && value !== null && #batch in value
        ? (value as CompletionEntries).#batch.words
        : undefined;
    filled = (entries, count) => entries.#fill(count);
  }
}

/** How a handle is associated. */
export interface AssociateOptions {
  /**
   * A call that succeeds at once returns its bytes and makes no packet (FILE_SKIP_COMPLETION_PORT_ON_SUCCESS, since
   * Windows Vista); otherwise
   * it returns WOULD_BLOCK and its packet comes like any other. Stays so for the handle's life.
   *
   * @defaultValue false
   */
  skipOnSuccess?: boolean;
}

/** The port of a reactor, by its number in native code. */
class ForeignPort {
  readonly number: number;

  constructor(number: number) {
    this.number = number;
  }
}

/** A CompletionPort over a port that other code waits for and closes. */
export function foreignPort(number: number): CompletionPort {
  return new CompletionPort(new ForeignPort(number));
}

let openPortId: (port: unknown) => number | undefined;

/** Returns the native number of a user's port. @throws ERR_INVALID_STATE if the port is closed */
export function portId(port: unknown): number {
  const id = openPortId(port);
  if (id === undefined) throw invalidType('port', 'a CompletionPort', port);
  return id;
}

/**
 * An I/O completion port (CreateIoCompletionPort): overlapped calls on the handles that are associated with it put a
 * packet into it when they are done, and wait() takes packets out, many at once (GetQueuedCompletionStatusEx, since
 * Windows Vista).
 *
 * Close it: one that is merely forgotten stays open, as the operations on it may still be under way. In a worker thread
 * it is closed when the worker ends.
 */
export class CompletionPort {
  readonly #port: number;
  readonly #isForeign: boolean;
  #closed = false;

  /** @throws UnsupportedError where there are no completion ports; SystemError ENOMEM, EMFILE */
  constructor();
  /** @internal */
  constructor(foreign: ForeignPort);
  constructor(foreign?: unknown) {
    if (native.port === undefined) throw new UnsupportedError('an I/O completion port');
    this.#isForeign = foreign instanceof ForeignPort;
    this.#port = foreign instanceof ForeignPort ? foreign.number : native.port.open();
    if (this.#port < 0) throw new SystemError(errorOf(this.#port), 'CreateIoCompletionPort');
  }

  /** How many operations are pending on it: under way, or done or posted, and their packets not taken out yet. */
  get pending(): number {
    this.#checkOpen();
    return check(calls.pending(this.#port), 'GetQueuedCompletionStatusEx');
  }

  /**
   * From now on the packets of overlapped calls on the handle come to this port (CreateIoCompletionPort). It stays so
   * until the handle is closed, also after this port was closed: it cannot be given to another.
   *
   * @param handle a socket, or what openFile() returned
   * @param key comes back with each packet: an integer from 0 to 2^53 - 1
   * @throws SystemError EINVAL where it is on a port already (as every socket of Node's own is) or was opened without
   * FILE_FLAG_OVERLAPPED; EBADF where it is not a handle
   */
  associate(handle: number, key: number, options: AssociateOptions = NO_OPTIONS): void {
    this.#checkOpen();
    checkFd(handle, 'handle');
    checkInteger(key, 'key', 0, Number.MAX_SAFE_INTEGER);
    checkObject(options, 'options');
    const { skipOnSuccess = false } = options;
    checkBoolean(skipOnSuccess, 'options.skipOnSuccess');
    const result = calls.associate(this.#port, handle, key >>> 0, high(key), skipOnSuccess ? 1 : 0);
    check(result, 'CreateIoCompletionPort', handle);
  }

  /**
   * Puts a packet into the port (PostQueuedCompletionStatus).
   *
   * @param key an integer from 0 to 2^53 - 1
   * @param bytes what bytes(i) will be: an integer from 0 to 2^32 - 1
   * @param overlapped what overlapped(i) will be; pending until then
   * @throws ERR_INVALID_STATE where `overlapped` is pending; SystemError ENOMEM
   */
  post(key: number, bytes = 0, overlapped?: Overlapped | null): void {
    this.#checkOpen();
    checkInteger(key, 'key', 0, Number.MAX_SAFE_INTEGER);
    checkInteger(bytes, 'bytes', 0, TWO_TO_32 - 1);
    const operation = overlapped == null ? NO_OPERATION : operationOf(overlapped);
    const result = calls.post(this.#port, key >>> 0, high(key), bytes, operation);
    if (result === BAD_ARGUMENT && overlapped != null) checkIdle(overlapped);
    check(result, 'PostQueuedCompletionStatus');
    if (overlapped != null) markPending(overlapped);
  }

  /**
   * Waits for packets and returns how many there are, at most `entries.capacity` and 1024
   * (GetQueuedCompletionStatusEx).
   *
   * @param timeoutMs at least so long if nothing comes, rounded up to a millisecond; 0 does not wait; -1, undefined and
   * Infinity wait without limit
   * @throws ERR_INVALID_STATE where a reactor waits for this port
   */
  wait(entries: CompletionEntries, timeoutMs?: number): number {
    this.#checkOpen();
    if (this.#isForeign) throw invalidState('a reactor waits for this port');
    const words = wordsOf(entries);
    if (words === undefined) throw invalidType('entries', 'a CompletionEntries', entries);
    const limitMs = checkTimeout(timeoutMs);
    const count =
      limitMs === 0
        ? waitOnce(this.#port, words, 0, NO_DEADLINE)
        : waitInSlices(waitOnce, this.#port, words, deadlineAfter(limitMs));
    filled(entries, count);
    return count;
  }

  /**
   * Closes it. What is pending is cancelled first and waited for, some seconds at most where a driver does not answer;
   * no call returns those packets, and each of their Overlapped objects is idle afterwards. Sockets and files stay
   * open. Idempotent.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#isForeign) return;
    calls.close(this.#port);
    dropCompleted();
  }

  /** close(), for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #checkOpen(): void {
    if (this.#closed) throw invalidState('the completion port is closed');
  }

  static {
    openPortId = (port) => {
      if (typeof port !== 'object' || port === null || !(#port in port)) return undefined;
      port.#checkOpen();
      return port.#port;
    };
  }
}

// A call with checked arguments is refused without a system call only if the reactor of the port was closed.
function check(result: number, syscall: string, fd?: number): number {
  if (result >= 0) return result;
  if (result === BAD_ARGUMENT) throw invalidState('the completion port is closed');
  throw new SystemError(errorOf(result), syscall, { fd });
}

function waitOnce(port: number, words: Int32Array, timeoutMs: number, deadlineMs: number): number {
  return check(calls.wait(port, words, timeoutMs, deadlineMs), 'GetQueuedCompletionStatusEx');
}

function high(key: number): number {
  return Math.floor(key / TWO_TO_32);
}
