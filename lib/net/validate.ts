// The checks of arguments as node:net makes them: what it takes and what it refuses, with its errors.

import { badPort, invalidArgType, outOfRange } from './errors.js';

const LONGEST_TIMER = 2 ** 31 - 1;

export function validateNumber(value: unknown, name: string): asserts value is number {
  if (typeof value !== 'number') throw invalidArgType(name, ['number'], value);
}

export function validateBoolean(value: unknown, name: string): asserts value is boolean {
  if (typeof value !== 'boolean') throw invalidArgType(name, ['boolean'], value);
}

export function validateString(value: unknown, name: string): asserts value is string {
  if (typeof value !== 'string') throw invalidArgType(name, ['string'], value);
}

export function validateFunction(value: unknown, name: string): void {
  if (typeof value !== 'function') throw invalidArgType(name, ['function'], value);
}

export function validateInt32(value: unknown, name: string, least: number): asserts value is number {
  validateNumber(value, name);
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value);
  if (value < least || value >= 2 ** 31) throw outOfRange(name, `>= ${least} && <= ${2 ** 31 - 1}`, value);
}

export function validateSignal(value: unknown, name: string): asserts value is AbortSignal {
  if (typeof value === 'object' && value !== null && 'aborted' in value) return;
  throw invalidArgType(name, ['AbortSignal'], value);
}

/** A port as a number or a text. */
export function validatePort(value: unknown, name = 'Port'): number {
  const isText = typeof value === 'string';
  const number = isText && value.trim() === '' ? Number.NaN : Number(value as number);
  const isPort = (isText || typeof value === 'number') && number === number >>> 0 && number <= 0xffff;
  if (!isPort) throw badPort(name, value);
  return number;
}

/** The time of a timer; one that is too long for it is cut, with a warning. */
export function timerMs(value: unknown, name: string): number {
  validateNumber(value, name);
  if (value < 0 || !Number.isFinite(value)) throw outOfRange(name, 'a non-negative finite number', value);
  if (value <= LONGEST_TIMER) return value;
  process.emitWarning(
    `${value} does not fit into a 32-bit signed integer.\nTimer duration was truncated to ${LONGEST_TIMER}.`,
    'TimeoutOverflowWarning',
  );
  return LONGEST_TIMER;
}

/** Milliseconds of a keep-alive as seconds; 0 for other values. */
export const secondsOf = (milliseconds: unknown): number => ~~((milliseconds as number) / 1000);

/** A delay in the options, which is at least 0 from here on. */
export function validateKeepAliveDelay(options: { keepAliveInitialDelay?: number | undefined }): void {
  const { keepAliveInitialDelay } = options;
  if (keepAliveInitialDelay === undefined) return;
  validateNumber(keepAliveInitialDelay, 'options.keepAliveInitialDelay');
  if (keepAliveInitialDelay < 0) options.keepAliveInitialDelay = 0;
}
