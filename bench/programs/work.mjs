// @ts-check
// bench/programs/ has programs that measure themselves and print JSON.
//
// Measures the CPU time of some work.
/**
 * @typedef {{ operations: number, seconds: number, cpuSeconds: number, userSeconds: number, systemSeconds: number }}
 *     Work
 */

/**
 * The CPU time that the process, all its threads, spends while `act` does so many operations.
 * @param {() => number | Promise<number>} act @returns {Promise<Work>}
 */
export async function measureWork(act) {
  const start = process.hrtime.bigint();
  const before = process.cpuUsage();
  const operations = await act();
  const { user, system } = process.cpuUsage(before);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  return {
    operations,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    userSeconds: user / 1e6,
    systemSeconds: system / 1e6,
  };
}
