// @ts-check
// Runs the HTTP load in C, which compares every response, and measures the processes of the server's group.
import { built } from '../harness/build.mjs';
import { runProgram } from '../harness/processes.mjs';

/**
 * @typedef {object} HttpLoad
 * @property {number} connections
 * @property {number} active how many of them have requests on their way
 * @property {number} settleMs
 * @property {number} windowMs
 * @property {number} [depth] how many requests on each that is active; 1 by default
 */

/**
 * One run of the load; any error fails it.
 * @param {import('../harness/types.mjs').Server} server @param {import('../harness/types.mjs').Bench} bench
 * @param {HttpLoad} load
 */
export async function runHttpLoad(server, { cores }, { connections, active, settleMs, windowMs, depth = 1 }) {
  const args = [server.port, connections, active, settleMs, windowMs, server.group, depth].map(String);
  const result = JSON.parse(await runProgram(cores.load, built('http_load'), args));
  if (result.errors > 0) throw new Error(`${result.errors} errors, the first: ${result.firstError}`);
  if (result.operations < active)
    throw new Error(`only ${result.operations} responses within ${result.seconds.toFixed(1)} s`);
  return result;
}
