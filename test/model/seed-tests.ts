// The tests of a model: its seeds, some hundreds a process.
//
// FDREACTOR_MODEL_SEED=n repeats one seed; FDREACTOR_MODEL_SEEDS=n plays so many, from 1 on. A failure is printed with
// its seed and the operations that are needed for it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { type Outcome, runCommand } from '../helpers/child.js';
import { type Conditions, testWith } from '../helpers/needs.js';
import { patience, sanitized } from '../helpers/patience.js';
import { underWine } from '../helpers/platform.js';

export interface Model {
  /** The program that plays seeds, from here. */
  main: string;
  conditions: Conditions;
  /** How many; 2,000 by default, 100 under Wine. */
  seeds?: number;
  /** How many in a process. */
  seedsAProcess: number;
  /** How many under a sanitizer. */
  seedsSanitized: number;
  /** Some twenty times as long as it takes on a quiet machine. */
  msASeed: number;
  env?: () => Record<string, string>;
  /** What the names of the tests begin with. */
  prefix?: string;
}

const onlySeed = process.env.FDREACTOR_MODEL_SEED;
/** A turn takes several times as long under Wine. */
const SEEDS = underWine ? 100 : 2000;

function partsOf({ seeds: most = SEEDS, seedsAProcess, seedsSanitized }: Model): [number, number][] {
  if (onlySeed !== undefined) return [[Number(onlySeed), 1]];
  const seeds = Number(process.env.FDREACTOR_MODEL_SEEDS ?? (sanitized ? seedsSanitized : most));
  return Array.from({ length: Math.ceil(seeds / seedsAProcess) }, (_, i) => {
    const first = 1 + i * seedsAProcess;
    return [first, Math.min(seedsAProcess, seeds - first + 1)];
  });
}

/** Why the process did not end well; undefined if it did. */
function failureOf({ code, signal, reports, stderr }: Outcome): string | undefined {
  if (code === 0) return undefined;
  const { seed, failure } = reports.at(-1) ?? {};
  const again = `repeat it with FDREACTOR_MODEL_SEED=${seed}`;
  if (failure === undefined) return `seed ${seed}: the process ended with ${code ?? signal}\n${stderr}\n${again}`;
  return `seed ${seed}: ${failure.message}\n${failure.log.join('\n')}\n${again}`;
}

export function seedTests(model: Model): void {
  const main = fileURLToPath(new URL(model.main, import.meta.url));
  for (const [first, count] of partsOf(model)) {
    const timeoutMs = model.msASeed * count + 10_000;
    testWith(
      model.conditions,
      `${model.prefix ?? ''}seeds ${first} to ${first + count - 1}`,
      async () => {
        const command = [process.execPath, main, String(first), String(count)];
        const folder = mkdtempSync(join(tmpdir(), 'fdreactor-model-'));
        const env = { ...model.env?.(), FDREACTOR_MODEL_FOLDER: folder };
        const outcome = await runCommand(command, { env, timeoutMs });
        rmSync(folder, { recursive: true, maxRetries: 20 });
        expect(failureOf(outcome)).toBeUndefined();
        expect(outcome.reports.at(-1)).toEqual({ played: count });
      },
      patience(timeoutMs + 10_000),
    );
  }
}
