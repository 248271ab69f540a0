// What a failing call must throw. Every error of the package has a class and a code; these say which was expected and
// show the one that came.
import { SystemError, UnsupportedError } from 'fdreactor';
import { expect } from 'vitest';

// biome-ignore lint/suspicious/noExplicitAny: an error is looked at by its members, whatever its class
export function caught(call: () => unknown): any {
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    return error;
  }
  throw new Error(`nothing was thrown; the call returned ${String(result)}`);
}

/** A SystemError with this code, a negative errno, and these members. */
export function expectSystemError(call: () => unknown, code: string, members: Record<string, unknown> = {}): void {
  const error = caught(call);
  expect(error).toBeInstanceOf(SystemError);
  expect(error).toMatchObject({ code, ...members });
  expect(error.errno).toBeLessThan(0);
  expect(error.syscall).toMatch(/^[A-Za-z_0-9]+$/);
}

export function expectArgumentType(call: () => unknown): void {
  const error = caught(call);
  expect(error).toBeInstanceOf(TypeError);
  expect(error).toHaveProperty('code', 'ERR_INVALID_ARG_TYPE');
}

export function expectOutOfRange(call: () => unknown): void {
  const error = caught(call);
  expect(error).toBeInstanceOf(RangeError);
  expect(error).toHaveProperty('code', 'ERR_OUT_OF_RANGE');
}

export function expectInvalidState(call: () => unknown): void {
  expect(caught(call)).toHaveProperty('code', 'ERR_INVALID_STATE');
}

export function expectUnsupported(call: () => unknown): void {
  const error = caught(call);
  expect(error).toBeInstanceOf(UnsupportedError);
  expect(error).toHaveProperty('code', 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM');
}

/** Wrong in type or in value: a TypeError or RangeError with a Node-style code, made before any system call. */
export function expectBadArgument(call: () => unknown): void {
  const error = caught(call);
  expect(error instanceof TypeError || error instanceof RangeError, `not a typed error: ${error?.stack}`).toBe(true);
  expect(error.code).toMatch(/^ERR_(INVALID_ARG_TYPE|OUT_OF_RANGE|INVALID_ARG_VALUE)$/);
}
