// @ts-check
// bench/load/ starts the loads and checks what the servers answer.
//
// Runs the loads in C. They read the server's CPU clock themselves and print one line of JSON.
import { built } from '../harness/build.mjs';
import { runProgram } from '../harness/processes.mjs';

const MB = 1e6;

/**
 * @param {import('../harness/types.mjs').Bench} bench @param {string} program @param {(string | number)[]} args
 * @returns {Promise<import('../harness/types.mjs').Sample & { operations: number }>} its value is CPU microseconds an
 *     operation
 */
export async function runLoad({ cores }, program, args) {
  const output = await runProgram(cores.load, built(program), args.map(String));
  const { errors, firstError, bytesBeside, queuedMost, heldByStuck, ...sample } = JSON.parse(output);
  const problems = errors > 0 ? [`${errors} errors, the first: ${firstError}`] : [];
  if (heldByStuck > 0) sample.notes = { 'B queued': queuedMost, 'B held': heldByStuck };
  if (bytesBeside > 0) sample.notes = { 'MB/s beside': bytesBeside / sample.seconds / MB };
  return { ...sample, value: (sample.cpuSeconds / sample.operations) * 1e6, problems };
}
