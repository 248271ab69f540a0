// The reactor against a model of it. Each seed is a list of random operations: registrations in every mode, closes and
// duplicates that the package does not see, numbers that other files take, resets, timers, wakers, signals, and
// handlers that do all of that and throw. After each the model (world.mjs, turn.mjs) and poll(2) (probe.c) say what
// must be so.
//
// FDREACTOR_MODEL_SEED=n repeats one seed; FDREACTOR_MODEL_SEEDS=n plays so many, from 1 on. A failure is printed with
// its seed and the operations that are needed for it.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { type Outcome, runCommand } from '../helpers/child.js';
import { compileC } from '../helpers/compile-c.js';
import { testWith } from '../helpers/needs.js';
import { patience, sanitized } from '../helpers/patience.js';

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const nodeApi = file('../../node_modules/node-api-headers/include');

const SEEDS_A_PROCESS = 500;
const seeds = Number(process.env.FDREACTOR_MODEL_SEEDS ?? (sanitized ? 200 : 2000));
const onlySeed = process.env.FDREACTOR_MODEL_SEED;
/** Some twenty times as long as it takes on a quiet machine. */
const MS_A_SEED = 200;

const parts: [number, number][] =
  onlySeed !== undefined
    ? [[Number(onlySeed), 1]]
    : Array.from({ length: Math.ceil(seeds / SEEDS_A_PROCESS) }, (_, i) => {
        const first = 1 + i * SEEDS_A_PROCESS;
        return [first, Math.min(SEEDS_A_PROCESS, seeds - first + 1)];
      });

let compiled: string | undefined;

/** The add-on that asks poll(2), compiled for the first test that needs it. */
function probe(): string {
  compiled ??= compileC(readFileSync(file('probe.c'), 'utf8'), ['-shared', '-fPIC', `-I${nodeApi}`]);
  return compiled;
}

/** Why the process did not end well; undefined if it did. */
function failureOf({ code, signal, reports, stderr }: Outcome): string | undefined {
  if (code === 0) return undefined;
  const { seed, failure } = reports.at(-1) ?? {};
  const again = `repeat it with FDREACTOR_MODEL_SEED=${seed}`;
  if (failure === undefined) return `seed ${seed}: the process ended with ${code ?? signal}\n${stderr}\n${again}`;
  return `seed ${seed}: ${failure.message}\n${failure.log.join('\n')}\n${again}`;
}

for (const [first, count] of parts) {
  const timeoutMs = MS_A_SEED * count + 10_000;
  const conditions = {
    needs: ['epoll', 'proc'],
    notInBun: 'the model counts the fds of the process, and Bun opens some at any time',
    notInDeno: 'the model counts the fds of the process, and Deno opens some at any time',
  } as const;
  testWith(
    conditions,
    `seeds ${first} to ${first + count - 1}`,
    async () => {
      const env = { FDREACTOR_MODEL_PROBE: probe() };
      const command = [process.execPath, file('main.mjs'), String(first), String(count)];
      const outcome = await runCommand(command, { env, timeoutMs });
      expect(failureOf(outcome)).toBeUndefined();
      expect(outcome.reports.at(-1)).toEqual({ played: count });
    },
    patience(timeoutMs + 10_000),
  );
}
