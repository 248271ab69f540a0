// @ts-check
// Reads the CPU time of another process, all its threads. The total comes from the scheduler's count in nanoseconds.
// Its parts in user space and in the kernel come from /proc/PID/stat, in ticks of 10 ms. Without schedstat in the
// kernel, the total comes from the ticks as well.
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_A_SECOND = 100; // USER_HZ, the same on every Linux that Node.js runs on

/** @typedef {{ cpuSeconds: number, userSeconds: number, systemSeconds: number }} CpuTime */

/** @param {number} pid @returns {CpuTime} */
export function readCpu(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name in parentheses may hold blanks
  const userSeconds = Number(fields[11]) / TICKS_A_SECOND;
  const systemSeconds = Number(fields[12]) / TICKS_A_SECOND;
  return { cpuSeconds: readSchedstat(pid) ?? userSeconds + systemSeconds, userSeconds, systemSeconds };
}

/** @param {number} pid @returns {number | null} seconds on a core, of all threads that live */
function readSchedstat(pid) {
  try {
    const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) =>
      Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
    );
    return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e9;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return null;
    throw error;
  }
}

/** @param {CpuTime} before @param {CpuTime} after @returns {CpuTime} */
export function cpuBetween(before, after) {
  return {
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    userSeconds: after.userSeconds - before.userSeconds,
    systemSeconds: after.systemSeconds - before.systemSeconds,
  };
}
