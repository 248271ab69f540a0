// Which CPUs a thread runs on: sched_setaffinity(2), sched_getaffinity(2). Exported as a part of fdreactor/linux.
import { checkInteger, fail } from '../base/arguments.js';
import { invalidType, invalidValue } from '../base/errors.js';
import { linuxCalls } from './constants.js';

const LARGEST_INT32 = 2 ** 31 - 1;
/** The most that a kernel can be built for is 8,192. */
const MASK_BYTES = 1024;
const LAST_CPU = MASK_BYTES * 8 - 1;

/** A list of CPUs as the kernel's mask. Reads each element once. @throws TypeError or RangeError for a wrong list */
function maskOf(cpus: unknown): Uint8Array {
  if (!Array.isArray(cpus)) throw invalidType('cpus', 'an array of numbers', cpus);
  if (cpus.length === 0) throw invalidValue('cpus', 'a list of at least one CPU', '');
  const mask = new Uint8Array(MASK_BYTES);
  for (let i = 0; i < cpus.length; i++) {
    const cpu: unknown = cpus[i];
    checkInteger(cpu, `cpus[${i}]`, 0, LAST_CPU);
    mask[cpu >> 3]! |= 1 << (cpu & 7);
  }
  return mask;
}

/**
 * Sets the CPUs that a thread may run on (sched_setaffinity(2), Linux 2.5.8). Threads that it starts later inherit
 * them.
 *
 * @param thread 0 for the calling thread, or the number of a thread as gettid(2) tells it; a process's number is that
 * of its main thread. From 0 to 2^31 - 1
 * @param cpus the numbers of the CPUs, each from 0 to 8,191, as in /proc/cpuinfo. Those that the machine does not have
 * count for nothing
 * @throws SystemError EINVAL (no CPU of the list is one that the thread may have: cpuset(7)), ESRCH (no such thread),
 * EPERM; UnsupportedError where there is no such call
 */
export function sched_setaffinity(thread: number, cpus: readonly number[]): void {
  const calls = linuxCalls('sched_setaffinity');
  const result = calls.schedSetaffinity(thread, maskOf(cpus));
  if (result < 0) fail(result, 'sched_setaffinity', {}, () => checkInteger(thread, 'thread', 0, LARGEST_INT32));
}

/**
 * The CPUs that a thread may run on (sched_getaffinity(2), Linux 2.5.8).
 *
 * @param thread as for `sched_setaffinity()`; 0, the calling thread, by default
 * @returns their numbers, the lowest first
 * @throws SystemError ESRCH (no such thread); UnsupportedError where there is no such call
 */
export function sched_getaffinity(thread = 0): number[] {
  const mask = new Uint8Array(MASK_BYTES);
  const filled = linuxCalls('sched_getaffinity').schedGetaffinity(thread, mask);
  if (filled < 0) fail(filled, 'sched_getaffinity', {}, () => checkInteger(thread, 'thread', 0, LARGEST_INT32));
  const cpus: number[] = [];
  for (let cpu = 0; cpu < filled * 8; cpu++) if ((mask[cpu >> 3] as number) & (1 << (cpu & 7))) cpus.push(cpu);
  return cpus;
}
