// The errors that node:net throws and emits, with its codes and its words: programs compare them. Node makes them
// inside, so they are made here. Adding one is one function.
import { SystemError } from '../base/errors.js';
import { util } from '../native/builtins.js';

type Coded<E extends Error> = E & { code: string };

/** An error as Node makes its own: the name in `stack` and in a text has the code. */
export function nodeError<E extends Error>(error: E, code: string): Coded<E> {
  const { name } = error;
  const set = (key: string, value: unknown, enumerable: boolean): void => {
    Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true });
  };
  set('name', `${name} [${code}]`, false);
  void error.stack; // it is made when it is read first
  Reflect.deleteProperty(error, 'name');
  set('toString', () => `${name} [${code}]: ${error.message}`, false);
  set('code', code, true);
  return error as Coded<E>;
}

const KINDS = new Set(['string', 'function', 'number', 'object', 'boolean', 'bigint', 'symbol']);
/** Of a text that errors show. */
const LONGEST_TEXT = 28;

const shortened = (text: string): string =>
  text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT - 3)}...` : text;

/** What a value is, in Node's words. */
function received(value: unknown): string {
  if (value == null) return `${value}`;
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'object') {
    const name = value.constructor?.name;
    return name ? `an instance of ${name}` : util.inspect(value, { depth: -1 });
  }
  if (typeof value !== 'string') return `type ${typeof value} (${shortened(util.inspect(value, { colors: false }))})`;
  const text = shortened(value);
  return `type string (${text.includes("'") ? JSON.stringify(text) : `'${text}'`})`;
}

function argument(name: string): string {
  if (name.endsWith(' argument')) return `The ${name}`;
  return `The "${name}" ${name.includes('.') ? 'property' : 'argument'}`;
}

/** @param expected types such as 'number', or names of classes */
export function invalidArgType(name: string, expected: readonly string[], value: unknown): Coded<TypeError> {
  const types = expected.filter((one) => KINDS.has(one));
  const classes = expected.filter((one) => /^[A-Z]\w*$/.test(one));
  const others = expected.filter((one) => !types.includes(one) && !classes.includes(one));
  const list = (names: readonly string[]): string => names.join(' or ');
  const words: string[] = [];
  if (types.length > 0) words.push(`${types.length > 1 ? 'one of type' : 'of type'} ${list(types)}`);
  if (classes.length > 0) words.push(`an instance of ${list(classes)}`);
  if (others.length > 0) words.push(`an ${list(others)}`);
  const message = `${argument(name)} must be ${words.join(' or ')}. Received ${received(value)}`;
  return nodeError(new TypeError(message), 'ERR_INVALID_ARG_TYPE');
}

export function invalidArgValue(name: string, value: unknown, reason = 'is invalid'): Coded<TypeError> {
  const text = util.inspect(value);
  const kind = name.includes('.') ? 'property' : 'argument';
  const shown = text.length > 128 ? `${text.slice(0, 128)}...` : text;
  return nodeError(new TypeError(`The ${kind} '${name}' ${reason}. Received ${shown}`), 'ERR_INVALID_ARG_VALUE');
}

/** A number with an underscore for each three digits, as Node shows large ones. */
function grouped(value: unknown): string {
  const isLarge = Number.isInteger(value) && Math.abs(value as number) > 2 ** 32;
  return isLarge ? String(value).replace(/\B(?=(\d{3})+$)/g, '_') : util.inspect(value);
}

export function outOfRange(name: string, range: string, value: unknown): Coded<RangeError> {
  const message = `The value of "${name}" is out of range. It must be ${range}. Received ${grouped(value)}`;
  return nodeError(new RangeError(message), 'ERR_OUT_OF_RANGE');
}

export function badPort(name: string, value: unknown): Coded<RangeError> {
  const message = `${name} should be >= 0 and < 65536. Received ${received(value)}.`;
  return nodeError(new RangeError(message), 'ERR_SOCKET_BAD_PORT');
}

export const missingArgs = (...names: string[]): Coded<TypeError> => {
  const list = names.map((name) => `"${name}"`).join(' or ');
  return nodeError(new TypeError(`The ${list} argument must be specified`), 'ERR_MISSING_ARGS');
};

const MESSAGES = {
  ERR_SERVER_ALREADY_LISTEN: 'Listen method has been called more than once without closing.',
  ERR_SERVER_NOT_RUNNING: 'Server is not running.',
  ERR_SOCKET_CLOSED: 'Socket is closed',
  ERR_SOCKET_CLOSED_BEFORE_CONNECTION: 'Socket closed before the connection was established',
  ERR_SOCKET_CONNECTION_TIMEOUT: 'Socket connection timeout',
} as const;

/** An error whose code says all. */
export const stateError = (code: keyof typeof MESSAGES): Coded<Error> => nodeError(new Error(MESSAGES[code]), code);

export const invalidHandleType = (): Coded<TypeError> =>
  nodeError(new TypeError('This handle type cannot be sent'), 'ERR_INVALID_HANDLE_TYPE');

export const invalidFdType = (type: string): Coded<TypeError> =>
  nodeError(new TypeError(`Unsupported fd type: ${type}`), 'ERR_INVALID_FD_TYPE');

export const invalidIpAddress = (text: unknown): Coded<TypeError> =>
  nodeError(new TypeError(util.format('Invalid IP address: %s', text)), 'ERR_INVALID_IP_ADDRESS');

export const ipBlocked = (address: string): Coded<Error> =>
  nodeError(new Error(`IP(${address}) is blocked by net.BlockList`), 'ERR_IP_BLOCKED');

export function invalidAddressFamily(family: unknown, host: unknown, port: unknown): Error {
  const error = new RangeError(util.format('Invalid address family: %s %s:%s', family, host, port));
  return Object.assign(nodeError(error, 'ERR_INVALID_ADDRESS_FAMILY'), { host, port });
}

/** The error of writing to a socket that the peer has ended, which may not stay half open. */
export const endedByPeer = (): Coded<Error> =>
  Object.assign(new Error('This socket has been ended by the other party'), { code: 'EPIPE' });

/** Where a call failed. */
export interface Place {
  readonly address?: string | null | undefined;
  readonly port?: number | undefined;
  /** The local end, as `address:port`. */
  readonly local?: string | undefined;
}

/** The native names of calls as libuv has them. */
const CALLS: Readonly<Record<string, string>> = { recv: 'read', send: 'write', writev: 'write', accept4: 'accept' };

/** A failed call of the system, as Node tells it: `connect ECONNREFUSED 127.0.0.1:1`. */
export function callError(cause: unknown, syscall?: string, place: Place = {}, explains = false): Error {
  if (!(cause instanceof SystemError)) return cause as Error;
  const { code, errno } = cause;
  const call = syscall ?? CALLS[cause.syscall] ?? cause.syscall;
  const { address, port, local } = place;
  const where = address == null ? '' : port !== undefined && port > 0 ? ` ${address}:${port}` : ` ${address}`;
  const words = explains ? `: ${util.getSystemErrorMap().get(errno)?.[1] ?? cause.message}` : '';
  const error = new Error(`${call} ${code}${words}${where}${local === undefined ? '' : ` - Local (${local})`}`);
  Object.assign(error, { errno, code, syscall: call });
  if (address !== undefined) Object.assign(error, { address });
  if (address != null && port) Object.assign(error, { port });
  return error;
}

/** The error of a connection that failed at each of its addresses. */
export function allFailed(errors: readonly Error[]): Error {
  const [first] = errors as readonly NodeJS.ErrnoException[];
  return Object.assign(new AggregateError(errors), { code: first?.code });
}
