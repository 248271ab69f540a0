// @ts-check
// Runs one task inside the guest, with the same code as on a host. It reports progress and the result by marked lines
// on the console.
// usage: node inside.mjs connections|registrations '<JSON>'
import { writeSync } from 'node:fs';
import { describeSystem } from '../harness/machine.mjs';
import { holdConnections } from '../million/connections.mjs';
import { watchRegistrations } from '../million/registrations.mjs';

const MARK = '@@ '; // see run.mjs, which is not here to be imported: it would bring the image's tools with it

/** @param {object} line */
const say = (line) => writeSync(1, `${MARK}${JSON.stringify(line)}\n`);

/** @param {import('../million/types.mjs').Progress} progress */
const tell = (progress) => say({ progress });

const [kind, parameters] = process.argv.slice(2);
/** @type {Record<string, (task: any, tell: import('../million/types.mjs').Tell) => Promise<object>>} */
const tasks = { connections: holdConnections, registrations: watchRegistrations };
try {
  const task = JSON.parse(parameters);
  task.connections ??= Number.POSITIVE_INFINITY; // JSON has no number for that
  const result = await tasks[kind](task, tell);
  say({ outcome: { result, machine: describeSystem() } });
} catch (error) {
  say({ problem: String(error) });
  process.exitCode = 1;
}
