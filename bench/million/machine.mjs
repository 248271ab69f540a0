// @ts-check
// Where a result comes from.
import os from 'node:os';

/** @param {string} where @returns {import('./types.mjs').Machine} */
export function describeMachine(where) {
  return {
    where,
    cpu: os.cpus()[0]?.model ?? 'unknown',
    kernel: os.release(),
    node: process.versions.node,
    memoryBytes: os.totalmem(),
  };
}
