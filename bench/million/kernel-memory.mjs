// @ts-check
// Reads the kernel's memory from /proc, and computes what grew between two readings. The figures are those of the
// whole machine: exact in a guest that does nothing else, and not on a machine with other work.
import { readFileSync } from 'node:fs';

/** @typedef {import('./types.mjs').KernelMemory} KernelMemory */

/** @param {string} name */
const read = (name) => readFileSync(`/proc/${name}`, 'utf8');

/** Bytes in each cache of the slab allocator; null where only root may look and we are not. */
function slabCaches() {
  let text;
  try {
    text = read('slabinfo');
  } catch (error) {
    if (!['EACCES', 'ENOENT'].includes(/** @type {NodeJS.ErrnoException} */ (error).code ?? '')) throw error;
    return null;
  }
  const PAGE_BYTES = 4096;
  const lines = text
    .split('\n')
    .slice(2)
    .filter((line) => line !== '');
  return Object.fromEntries(
    lines.map((line) => {
      // name, active and all objects, bytes and number in a slab, pages of a slab : tunables ... : slabdata, active,
      // all ...
      const fields = line.split(/\s+/);
      const slabs = Number(fields[fields.indexOf('slabdata') + 2]);
      return [fields[0], slabs * Number(fields[5]) * PAGE_BYTES];
    }),
  );
}

/** @returns {KernelMemory} */
export function kernelMemory() {
  const text = read('meminfo');
  const bytes = (/** @type {string} */ name) =>
    Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(text)?.[1]) * 1024;
  const sockets = /^TCP: inuse (\d+).* mem (\d+)/m.exec(read('net/sockstat'));
  return {
    total: bytes('MemTotal'),
    // The kernel calls the inodes of sockets reclaimable, and counts them as available. They are not.
    available: bytes('MemAvailable') - bytes('SReclaimable'),
    slab: bytes('Slab'),
    caches: slabCaches(),
    tcpSockets: Number(sockets?.[1] ?? 0),
    tcpPages: Number(sockets?.[2] ?? 0),
  };
}

/**
 * The caches that grew most, in bytes for each of `count` things.
 * @param {KernelMemory} before
 * @param {KernelMemory} after
 * @param {number} count
 */
export function cachesOfEach(before, after, count) {
  if (before.caches === null || after.caches === null) return null;
  const { caches } = before;
  const grown = Object.entries(after.caches).map(
    ([name, bytes]) => /** @type {const} */ ([name, (bytes - (caches[name] ?? 0)) / count]),
  );
  return Object.fromEntries(grown.filter(([, bytes]) => bytes >= 1).sort(([, a], [, b]) => b - a));
}
