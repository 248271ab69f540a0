// The reactor against a model of it. Each seed is a list of random operations: registrations in every mode, closes and
// duplicates that the package does not see, numbers that other files take, resets, timers, wakers, signals, and
// handlers that do all of that and throw. After each the model (world.mjs, turn.mjs) and poll(2) (probe.c) say what
// must be so.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compileC } from '../helpers/compile-c.js';
import { seedTests } from './seed-tests.js';

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const nodeApi = file('../../node_modules/node-api-headers/include');

let compiled: string | undefined;

/** The add-on that asks poll(2), compiled for the first test that needs it. */
function probe(): string {
  compiled ??= compileC(readFileSync(file('probe.c'), 'utf8'), ['-shared', '-fPIC', `-I${nodeApi}`]);
  return compiled;
}

seedTests({
  main: 'main.mjs',
  conditions: {
    needs: ['epoll', 'proc'],
    notInBun: 'the model counts the fds of the process, and Bun opens some at any time',
    notInDeno: 'the model counts the fds of the process, and Deno opens some at any time',
  },
  seedsAProcess: 500,
  seedsSanitized: 200,
  msASeed: 200,
  env: () => ({ FDREACTOR_MODEL_PROBE: probe() }),
});
