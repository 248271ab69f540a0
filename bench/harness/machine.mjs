// @ts-check
// Describes the machine of a report.
import os from 'node:os';

/** @param {{ server: number, load: number }} cores that programs were pinned to */
export const describeMachine = (cores) => ({ ...describeSystem(), pinned: cores });

export function describeSystem() {
  const [load] = os.loadavg();
  return {
    date: new Date().toISOString(),
    cpu: os.cpus()[0]?.model ?? 'unknown',
    cores: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    kernel: os.release(),
    node: process.versions.node,
    libuv: process.versions.uv,
    loadBefore: load,
  };
}
