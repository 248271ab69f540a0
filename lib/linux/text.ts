// Paths and names as the kernel has them: bytes without NUL.
import { isUint8Array } from 'node:util/types';
import { checkBytes } from '../base/arguments.js';
import { invalidType, invalidValue, outOfRange } from '../base/errors.js';

/** The bytes of a path or a name that a user gave; a string as UTF-8. */
export function textBytes(value: unknown, name: string): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value);
  if (isUint8Array(value)) return value;
  throw invalidType(name, 'a string or a Uint8Array', value);
}

/** Throws what was wrong with bytes that native code has refused. */
export function checkText(bytes: Uint8Array, name: string, max: number): void {
  checkBytes(bytes, name);
  if (bytes.length > max) throw outOfRange(name, `at most ${max} bytes`, bytes.length);
  // A view of a buffer that has shrunk has a length of 0, and refuses includes().
  if (bytes.length > 0 && bytes.includes(0)) throw invalidValue(name, 'without NUL', Buffer.from(bytes).toString());
}
