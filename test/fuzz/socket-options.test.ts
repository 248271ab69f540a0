// Every (level, option) of getsockopt and setsockopt, on sockets of many kinds, with values full of addresses: no
// crash, and no write to memory at these addresses or beside the buffer. FUZZ_RUNS makes it longer, FUZZ_SEED chooses
// other values.
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runCommand } from '../helpers/child.js';
import { patience } from '../helpers/patience.js';
import { isLinux } from '../helpers/platform.js';

const USUAL_RUNS = 300;
const rounds = Math.ceil(Number(process.env.FUZZ_RUNS ?? USUAL_RUNS) / USUAL_RUNS);
const seed = process.env.FUZZ_SEED ?? '20251128';
const timeoutMs = 120_000 * rounds;

test(
  'the system writes to no address and beyond no buffer, whatever the option',
  async () => {
    const path = fileURLToPath(new URL('../helpers/fixtures/fuzz-socket-options.mjs', import.meta.url));
    const outcome = await runCommand([process.execPath, path, seed, String(rounds)], { timeoutMs });
    expect(`${outcome.stderr}FUZZ_SEED=${seed}: ${outcome.code ?? outcome.signal}`).toBe(`FUZZ_SEED=${seed}: 0`);
    const { calls, refused, worked, canary } = outcome.reports.at(-1);
    expect(calls).toBeGreaterThan(100_000 * rounds);
    expect(refused).toBeGreaterThan(1000);
    expect(worked).toBeGreaterThan(100);
    expect(canary).toBe(isLinux);
  },
  patience(timeoutMs + 10_000),
);
