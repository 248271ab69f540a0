// Checks of arguments, with messages that name the argument. Hot calls go to native code first, which checks the same
// and answers BAD_ARGUMENT; only then are these asked, to say what was wrong.
import { isUint8Array } from 'node:util/types';
import {
  BAD_ARGUMENT,
  errorOf,
  invalidType,
  invalidValue,
  outOfRange,
  SystemError,
  type SystemErrorDetails,
} from './errors.js';

const LARGEST_INT32 = 2 ** 31 - 1;

/** Options that were left out: without a prototype, from which a member could come that Object.prototype was given. */
export const NO_OPTIONS: Readonly<Record<string, never>> = Object.freeze(Object.create(null));

export function checkNumber(value: unknown, name: string): asserts value is number {
  if (typeof value !== 'number') throw invalidType(name, 'a number', value);
}

export function checkInteger(value: unknown, name: string, min: number, max: number): asserts value is number {
  checkNumber(value, name);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw outOfRange(name, `an integer from ${min} to ${max}`, value);
  }
}

export function checkOptionalInteger(value: unknown, name: string, min: number, max: number): void {
  if (value !== undefined) checkInteger(value, name, min, max);
}

export function checkFd(value: unknown, name = 'fd'): asserts value is number {
  checkInteger(value, name, 0, LARGEST_INT32);
}

export function checkFlags(value: unknown, name = 'flags'): void {
  checkOptionalInteger(value, name, -(2 ** 31), LARGEST_INT32);
}

const HOLDS_BUFFER = 0x4000000; // MSG_ZEROCOPY: refused, since no call tells when the buffer is free again

/** The flags of a call that moves bytes of a socket. */
export function checkMessageFlags(flags: unknown): void {
  checkFlags(flags);
  if (((flags as number | undefined) ?? 0) & HOLDS_BUFFER) throw invalidValue('flags', 'without MSG_ZEROCOPY', flags);
}

/** 32 bits; of either sign, since `|` makes a negative number where bit 31 is set (EPOLLET). */
export function checkBits(value: unknown, name: string): asserts value is number {
  checkInteger(value, name, -(2 ** 31), 2 ** 32 - 1);
}

/** A file offset or a count of bytes. */
export function checkSize(value: unknown, name: string): asserts value is number {
  checkInteger(value, name, 0, Number.MAX_SAFE_INTEGER);
}

/** The time-out that native code understands: -1 for none, else milliseconds. */
export function checkTimeout(value: unknown, name = 'timeoutMs'): number {
  if (value === undefined) return -1;
  checkNumber(value, name);
  if (value === Number.POSITIVE_INFINITY || value === -1) return -1;
  if (!(value >= 0)) throw outOfRange(name, '>= 0, or -1, undefined or Infinity for no limit', value);
  return value;
}

/** A delay: finite milliseconds from 0. */
export function checkDelay(value: unknown, name: string): asserts value is number {
  checkNumber(value, name);
  if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) throw outOfRange(name, '>= 0 and finite', value);
}

// biome-ignore lint/complexity/noBannedTypes: any callable is what is checked for
export function checkFunction(value: unknown, name: string): asserts value is Function {
  if (typeof value !== 'function') throw invalidType(name, 'a function', value);
}

export function checkObject(value: unknown, name: string): asserts value is object {
  if (typeof value !== 'object' || value === null) throw invalidType(name, 'an object', value);
}

export function checkString(value: unknown, name: string): asserts value is string {
  if (typeof value !== 'string') throw invalidType(name, 'a string', value);
}

export function checkBoolean(value: unknown, name: string): asserts value is boolean {
  if (typeof value !== 'boolean') throw invalidType(name, 'a boolean', value);
}

export function checkBytes(value: unknown, name = 'buffer'): asserts value is Uint8Array {
  if (!isUint8Array(value)) throw invalidType(name, 'a Uint8Array', value);
  if (isDetached(value.buffer)) throw invalidValue(name, 'a Uint8Array that is not detached', value);
}

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;

function getterOf(name: string): () => unknown {
  return Object.getOwnPropertyDescriptor(typedArray, name)?.get as () => unknown;
}

const lengthGetter = getterOf('length');
const offsetGetter = getterOf('byteOffset');
const bufferGetter = getterOf('buffer');

/**
 * How many bytes there are. A subclass may have a `length` of its own: memory that was reserved by it would be sent
 * with what is in it by then.
 */
export function lengthOf(bytes: Uint8Array): number {
  return lengthGetter.call(bytes) as number;
}

/** The same bytes, of which nothing is overridden. */
export function asPlain(bytes: Uint8Array): Uint8Array {
  const buffer = bufferGetter.call(bytes) as ArrayBuffer;
  return new Uint8Array(buffer, offsetGetter.call(bytes) as number, lengthOf(bytes));
}

// A SharedArrayBuffer cannot be detached. `detached` is there from Node 21.
function isDetached(buffer: ArrayBufferLike): boolean {
  if (!(buffer instanceof ArrayBuffer)) return false;
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

export function checkRange(buffer: unknown, offset: unknown, length: unknown): void {
  checkBytes(buffer);
  checkOptionalInteger(offset, 'offset', 0, buffer.length);
  checkOptionalInteger(length, 'length', 0, buffer.length - ((offset as number | undefined) ?? 0));
}

/** Copies a list of at most `max` buffers, so that no change reaches it during a call. Reads each element once. */
export function copyBuffers(value: unknown, max: number): Uint8Array[] {
  if (!Array.isArray(value)) throw invalidType('buffers', 'an array of Uint8Array', value);
  if (value.length > max) throw outOfRange('buffers.length', `at most ${max}`, value.length);
  const copy: Uint8Array[] = [];
  for (let i = 0; i < value.length; i++) {
    const buffer: unknown = value[i];
    checkBytes(buffer, `buffers[${i}]`);
    copy.push(buffer);
  }
  return copy;
}

/**
 * Throws what a native result below WOULD_BLOCK stands for. `check` throws for the argument that was wrong; a result
 * of BAD_ARGUMENT that it finds nothing for is still an error.
 */
export function fail(result: number, syscall: string, details: SystemErrorDetails, check: () => void): never {
  if (result !== BAD_ARGUMENT) throw new SystemError(errorOf(result), syscall, details);
  check();
  throw invalidValue(`an argument of ${syscall}()`, 'usable', undefined);
}

/** Throws what a call failed with whose one argument is an fd. */
export function failFd(result: number, syscall: string, fd: unknown): never {
  return fail(result, syscall, { fd: fd as number }, () => checkFd(fd));
}

/**
 * Copies a list, read once. It checks each element before it takes the next, so that a list of 2^32 - 1 holes ends at
 * the first.
 *
 * @param what what it is a list of, for the message
 */
export function copyList<T>(
  value: unknown,
  name: string,
  what: string,
  check: (one: unknown, name: string) => asserts one is T,
): T[] {
  if (!Array.isArray(value)) throw invalidType(name, `an array of ${what}`, value);
  const copy: T[] = [];
  for (const one of value) {
    check(one, `${name}[${copy.length}]`);
    copy.push(one);
  }
  return copy;
}
