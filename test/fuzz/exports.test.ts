// Any JavaScript value in any argument of any export gives a typed error or works: never a crash, a hang, or an
// error without a code. FUZZ_RUNS makes it longer (calls a function), FUZZ_SEED repeats a run.
import { fileURLToPath } from 'node:url';
import { capabilities } from 'fdreactor';
import { expect, test } from 'vitest';
import { runCommand } from '../helpers/child.js';
import { patience, sanitized } from '../helpers/patience.js';
import { underWine } from '../helpers/platform.js';

// Every run of the tests draws other values. System calls are slow under Wine, and all is under a sanitizer.
const usualRuns = underWine || sanitized ? 40 : 120;
const runs = process.env.FUZZ_RUNS ?? String(usualRuns);
const seed = process.env.FUZZ_SEED ?? String(Date.now() % 2 ** 31);
const timeoutMs = 60_000 * Math.max(1, Number(runs) / usualRuns);

/** Runs a fuzz program; its last report. */
async function fuzz(
  program: string,
  factor = 1,
): Promise<{ calls: number; outcomes: Record<string, number>; paths: string[] }> {
  console.log(`${program}: FUZZ_SEED=${seed} FUZZ_RUNS=${runs}`);
  const path = fileURLToPath(new URL(`../helpers/fixtures/${program}`, import.meta.url));
  const outcome = await runCommand([process.execPath, path, seed, String(Number(runs) * factor)], { timeoutMs });
  expect(`${outcome.stderr}exit ${outcome.code ?? outcome.signal}`).toBe('exit 0');
  return outcome.reports.at(-1);
}

test(
  'every export, every method',
  async () => {
    const { calls, outcomes } = await fuzz('fuzz-exports.mjs');
    expect(calls).toBeGreaterThan(Number(runs) * 100);
    // It reaches behind the checks of arguments: some calls work, some reach the kernel.
    for (const outcome of ['worked', 'EBADF', 'EINVAL', 'ERR_INVALID_ARG_TYPE', 'ERR_OUT_OF_RANGE']) {
      expect(outcomes[outcome], outcome).toBeGreaterThan(0);
    }
  },
  patience(timeoutMs + 10_000),
);

test(
  'the native table itself: no crash',
  async () => {
    const { calls, paths } = await fuzz('fuzz-native.mjs', 5);
    expect(calls).toBeGreaterThanOrEqual(Number(runs) * 5 * paths.length);
    // It reaches the top of the table and each group.
    const groups = ['fd.close', 'socket.recv', 'address.toText', 'waker.wake', 'signal.watch', 'host.detach'];
    expect(paths).toEqual(expect.arrayContaining(['now', ...groups]));
    for (const queue of capabilities().backends) {
      expect(paths).toContain(queue === 'iocp' ? 'port.wait' : `${queue}.wait`);
    }
  },
  patience(timeoutMs + 10_000),
);
