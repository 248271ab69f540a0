// @ts-check
// Runs the HTTP load: wrk on one thread. An interrupt ends it after the window, which wrk takes as the end of its
// time. The server's CPU clock is read before the first connection and after the last, when the server is idle.
import { fileURLToPath } from 'node:url';
import { cpuBetween, readCpu } from '../harness/cpu.mjs';
import { runProgram } from '../harness/processes.mjs';

const script = fileURLToPath(new URL('wrk.lua', import.meta.url));

/** @typedef {{ core: number, url: string, connections: number, durationMs: number }} Load */

/** @param {Load} load */
export async function runWrk({ core, url, connections, durationMs }) {
  const args = ['-t1', `-c${connections}`, '-d600s', '--timeout', '5s', '--latency', '-s', script, url];
  const output = await runProgram(core, 'wrk', args, { interruptAfterMs: durationMs });
  const json = /^JSON (.*)$/m.exec(output)?.[1];
  if (json === undefined) throw new Error(`wrk said something else than expected: ${output}`);
  return JSON.parse(json);
}

/** @param {Record<string, number>} result @returns {string[]} */
function faults({ connect, read, write, status, timeout }) {
  const counts = { 'failed connects': connect, 'failed reads': read, 'failed writes': write, timeouts: timeout };
  return Object.entries({ ...counts, 'responses other than 2xx or 3xx': status })
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`);
}

/**
 * @param {number} pid the process whose CPU counts
 * @param {number} bodyBytes
 * @param {Load} load
 */
export async function measureHttp(pid, bodyBytes, load) {
  const before = readCpu(pid);
  const result = await runWrk(load);
  const cpu = cpuBetween(before, readCpu(pid));
  const { operations, bytes, seconds, p50Us, p99Us, p999Us } = result;
  const problems = faults(result);
  if (bytes < operations * bodyBytes) problems.push(`${bytes} bytes in ${operations} responses of ${bodyBytes}`);
  return { operations, bytes, seconds, ...cpu, p50Us, p99Us, p999Us, problems };
}
