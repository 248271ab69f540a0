// The errors of the package, and how a native result becomes one. Adding a kind of argument error is one function
// here; the names of system errors come from the native table (native/sys/error_names_*.cc).
import { util } from '../native/builtins.js';
import { native } from '../native/table.js';
import { BAD_ARGUMENT, WOULD_BLOCK } from './results.gen.js';

export { BAD_ARGUMENT, WOULD_BLOCK };

const IS_WINDOWS = process.platform === 'win32';

/**
 * The system's error number in a native result that is below WOULD_BLOCK. The inverse of failure() in
 * native/core/result.h.
 */
export function errorOf(result: number): number {
  return WOULD_BLOCK - result;
}

/** The native result that stands for an error number. The inverse of errorOf(). */
export function failure(error: number): number {
  return WOULD_BLOCK - error;
}

/** What is known about the place of a system error. */
export interface SystemErrorDetails {
  /** The descriptor that the call was made on. */
  fd?: number | undefined;
  /** The numeric address that it was made for; `vsock:2` or `netlink:0` for those families. */
  address?: string | undefined;
  /** The port that belongs to `address`. */
  port?: number | undefined;
  /** The path that it was made for. */
  path?: string | undefined;
  /** The socket option that it was made for: level and name. */
  option?: string | undefined;
  /** The request of ioctl() that it was made for. */
  request?: string | undefined;
}

const NO_DETAILS: SystemErrorDetails = Object.freeze(Object.create(null));

/**
 * A system call failed. `code` is the error's POSIX name, as in errno(3); on Windows too, where several of its errors
 * can have one name, and `winError` says which it was.
 */
export class SystemError extends Error {
  /** Always 'SystemError'. */
  override readonly name: string = 'SystemError';
  /** The POSIX name, such as 'ECONNRESET'. */
  readonly code: string;
  /**
   * The error's number, negative, as Node's own errors have it: the system's, but on Windows the one that Node has for
   * `code` (util.getSystemErrorMap()), and `-winError` where Node has none.
   */
  readonly errno: number;
  /** On Windows only: the Winsock or Win32 number, such as 10054 (WSAECONNRESET). */
  declare readonly winError?: number;
  /** The call that failed, such as 'recv'. */
  readonly syscall: string;
  /** The descriptor it was made on, where there was one. */
  declare readonly fd?: number;
  /** The numeric address it was made for, where there was one; `vsock:2` or `netlink:0` for those families. */
  declare readonly address?: string;
  /** The port that belongs to `address`. */
  declare readonly port?: number;
  /** The path it was made for, where there was one. */
  declare readonly path?: string;
  /** The socket option it was made for, where there was one: level and name, such as 'IPPROTO_TCP TCP_NODELAY'. */
  declare readonly option?: string;
  /** The request of ioctl() it was made for, such as 'TIOCGWINSZ'. */
  declare readonly request?: string;

  /**
   * @param error the system's error number, positive: on Windows the Winsock or Win32 one
   * @param syscall the call that failed
   */
  constructor(error: number, syscall: string, details: SystemErrorDetails = NO_DETAILS) {
    if (!Number.isSafeInteger(error)) throw invalidType('error', 'an integer', error);
    if (typeof syscall !== 'string') throw invalidType('syscall', 'a string', syscall);
    if (typeof details !== 'object' || details === null) throw invalidType('details', 'an object', details);
    const code = native.errorName(error) ?? `${IS_WINDOWS ? 'WINERROR' : 'ERRNO'}_${error}`;
    const errno = IS_WINDOWS ? (errnoOf(code) ?? -error) : -error;
    // A copy without a prototype: nothing that Object.prototype was given gets in.
    const known: SystemErrorDetails = Object.assign(Object.create(null), details);
    super(`${code}: ${messageOf(error, errno)}, ${syscall}${describe(known)}`);
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
    if (IS_WINDOWS) this.winError = error;
    for (const [key, value] of Object.entries(known)) if (value !== undefined) define(this, key, value, false);
  }
}

/** Makes an own property, whatever Object.prototype was given: a descriptor would inherit a `get` from it. */
function define(target: object, key: string, value: unknown, writable: boolean): void {
  const descriptor = { __proto__: null, value, writable, enumerable: true, configurable: true };
  Object.defineProperty(target, key, descriptor as PropertyDescriptor);
}

/**
 * An error of Node's own modules as one of the package. Those without the name of a system error, such as of an
 * argument, stay what they are.
 */
export function fromNode(error: Error, details?: SystemErrorDetails): Error {
  const { code, errno, syscall } = error as NodeJS.ErrnoException;
  if (typeof errno !== 'number' || typeof code !== 'string' || typeof syscall !== 'string') return error;
  const number = IS_WINDOWS ? numberOf(code) : -errno; // Node has numbers of its own on Windows
  return number === undefined ? error : new SystemError(number, syscall, details);
}

/** Numbers of Windows are below this, those of Winsock among them. */
const NUMBERS_END = 16_000;
let numberByCode: Map<string, number> | undefined;

/** The first of this system's numbers with a name. */
function numberOf(code: string): number | undefined {
  if (numberByCode === undefined) {
    numberByCode = new Map();
    for (let number = 1; number < NUMBERS_END; number++) {
      const name = native.errorName(number);
      if (typeof name === 'string' && !numberByCode.has(name)) numberByCode.set(name, number);
    }
  }
  return numberByCode.get(code);
}

let errnoByCode: Map<string, number> | undefined;

function errnoOf(code: string): number | undefined {
  errnoByCode ??= new Map([...util.getSystemErrorMap()].map(([errno, [name]]) => [name, errno]));
  return errnoByCode.get(code);
}

/** The system's words; Node's where the system has none. */
function messageOf(error: number, errno: number): string {
  return native.errorMessage(error) ?? util.getSystemErrorMap().get(errno)?.[1] ?? 'unknown error';
}

function describe({ fd, address, port, path, option, request }: SystemErrorDetails): string {
  const words = [typeof fd === 'number' ? `fd ${fd}` : undefined, option, request];
  const place = words.map((word) => (typeof word === 'string' ? ` ${word}` : '')).join('');
  if (typeof address === 'string') return `${place} ${address}${typeof port === 'number' ? `:${port}` : ''}`;
  return typeof path === 'string' && path !== '' ? `${place} ${path.replaceAll('\0', '@')}` : place;
}

/** This operating system, or this object, does not have the facility. Thrown before anything was done. */
export class UnsupportedError extends Error {
  /** Always 'UnsupportedError'. */
  override readonly name: string = 'UnsupportedError';
  /** Always 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM'. */
  readonly code = 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM';

  /**
   * @param facility what is not there
   * @param reason why, where that is not the operating system
   */
  constructor(facility: string, reason?: string) {
    if (typeof facility !== 'string') throw invalidType('facility', 'a string', facility);
    if (reason !== undefined && typeof reason !== 'string') throw invalidType('reason', 'a string', reason);
    super(`${facility} is not available${reason === undefined ? ` on ${process.platform}` : `: ${reason}`}`);
  }
}

/** Node's way of naming argument errors: a standard class with a `code`. */
function withCode<E extends Error>(error: E, code: string): E & { code: string } {
  define(error, 'code', code, true);
  return error as E & { code: string };
}

/** An error with a `code` of the package's own. */
export const withErrorCode = withCode;

const OF_PEER = new Set(['ERR_FRAME_TOO_LARGE', 'ERR_PROXY_HEADER']);

/** What a peer sent is refused. The code is one of OF_PEER. */
export function refusedOfPeer(message: string, code: string): RangeError {
  return withCode(new RangeError(message), code);
}

/** Whether a peer brought the error about by what it sent: it is to blame, and not the program. */
export function isOfPeer(error: Error): boolean {
  return 'code' in error && OF_PEER.has(error.code as string);
}

/** Any value as a few words; runs no code of the value's own. */
function inWords(value: unknown): string {
  if (typeof value === 'string') return `the string ${JSON.stringify(value.slice(0, 64))}`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return 'an object';
  return `${typeof value === 'number' || typeof value === 'boolean' ? `${typeof value} ` : ''}${String(value)}`;
}

export function invalidType(name: string, expected: string, value: unknown): TypeError {
  return withCode(new TypeError(`${name} must be ${expected}, not ${inWords(value)}`), 'ERR_INVALID_ARG_TYPE');
}

export function invalidValue(name: string, expected: string, value: unknown): TypeError {
  return withCode(new TypeError(`${name} must be ${expected}, not ${inWords(value)}`), 'ERR_INVALID_ARG_VALUE');
}

export function outOfRange(name: string, range: string, value: unknown): RangeError {
  return withCode(new RangeError(`${name} must be ${range}, not ${inWords(value)}`), 'ERR_OUT_OF_RANGE');
}

/** A socket option was refused for what its value holds (native/sys/socket_options.h). */
export function holdsAddress(syscall: string, option: string): TypeError {
  const reason = 'its value holds an address or a count that the system trusts, or could hold one';
  return withCode(new TypeError(`${syscall} refuses ${option}: ${reason}`), 'ERR_INVALID_ARG_VALUE');
}

/** What a promise is rejected with after its AbortSignal, as Node's own are. */
export function aborted(reason: unknown): Error {
  const error = withCode(new Error('The operation was aborted', { cause: reason }), 'ABORT_ERR');
  define(error, 'name', 'AbortError', true);
  return error;
}

export function invalidState(message: string): Error {
  return withCode(new Error(message), 'ERR_INVALID_STATE');
}
