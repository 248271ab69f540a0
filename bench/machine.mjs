// @ts-check
// The machine that a report was made on.
import os from 'node:os';

/** @param {{ server: number, load: number }} cores */
export function describeMachine(cores) {
  const [load] = os.loadavg();
  return {
    date: new Date().toISOString(),
    cpu: os.cpus()[0]?.model ?? 'unknown',
    cores: os.availableParallelism(),
    pinned: cores,
    memoryBytes: os.totalmem(),
    kernel: os.release(),
    node: process.versions.node,
    libuv: process.versions.uv,
    loadBefore: load,
  };
}
