// What all of fdreactor/linux shares: whether it can be used, and its numbers.
import { UnsupportedError } from '../base/errors.js';
import type { LinuxCalls } from '../native/linux-calls.js';
import type { LinuxConstant } from '../native/linux-constant-names.gen.js';
import { native } from '../native/table.js';

/** Whether this platform has the calls. */
export const supported: boolean = native.linux !== undefined;

/** The numbers of these calls by their own names, each undefined where the platform does not have them. */
export const constants: Readonly<Record<LinuxConstant, number>> = Object.freeze({ ...native.constants.linux });

/** The native calls. @throws UnsupportedError where the platform lacks them */
export function linuxCalls(facility: string): LinuxCalls {
  if (native.linux === undefined) throw new UnsupportedError(facility);
  return native.linux;
}
