// @ts-check
// The threads of a ReactorPool, in each mode; and their module on one thread, which accepts by itself.
import { startProgram } from '../../harness/programs.mjs';

/** @typedef {import('../../harness/types.mjs').Driver} Driver */

const settings = 'hello world on Connection; llhttp (WebAssembly) parses';

/** @param {string} name @param {string[]} args @returns {Driver} */
const row = (name, ...args) => ({
  name,
  requires: ['package'],
  jit: true,
  settings,
  start: (bench) => startProgram(bench, 'peers/servers/cores/pool.mjs', args),
});

export const local = row('one Reactor', 'local');
export const handOff = row('hand-off to 2 threads', 'hand-off', 'run', '2');
export const handOffAttached = row('hand-off to 2 threads, attach()', 'hand-off', 'attach', '2');
export const sharded = row('2 sharded threads', 'sharded', 'run', '2');
