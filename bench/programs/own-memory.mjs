// @ts-check
// Measures the user-space memory of this process. Programs that use it need --expose-gc. JavaScript holds `heapUsed`
// and `external` (typed arrays), after full collections. Native memory is what malloc() has from the system beside
// those arrays. Resident anonymous memory includes V8's pages with their free parts, its book-keeping, and much that
// exists once.
import { readFileSync } from 'node:fs';

const ANONYMOUS = 'Anonymous:';

/** @typedef {{ heap: number, external: number, malloc: number, resident: number, proportional: number }} OwnMemory */

/** What malloc() has, of this thread and in small pieces: the pages of the [heap] that are in memory. */
function mallocBytes() {
  let bytes = 0;
  let isHeap = false;
  // No regular expression: V8 keeps the last text that one was tried on, and that would be counted.
  for (const line of readFileSync('/proc/self/smaps', 'utf8').split('\n')) {
    if (line.endsWith('[heap]')) isHeap = true;
    else if (isHeap && line.startsWith(ANONYMOUS)) bytes += Number.parseInt(line.slice(ANONYMOUS.length), 10) * 1024;
    else if (line.startsWith('VmFlags:')) isHeap = false;
  }
  return bytes;
}

/** @param {string} file @param {string} name @returns {number} in bytes; 0 where the kernel does not say */
function field(file, name) {
  return Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(readFileSync(file, 'utf8'))?.[1] ?? 0) * 1024;
}

/** @param {number} [collections] full ones, before it looks @returns {OwnMemory} */
export function ownMemory(collections = 4) {
  for (let i = 0; i < collections; i++) global.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return {
    heap: heapUsed,
    external,
    malloc: mallocBytes(),
    resident: field('/proc/self/status', 'RssAnon'),
    proportional: field('/proc/self/smaps_rollup', 'Pss'),
  };
}

/**
 * What each of `count` things took between two readings, in bytes.
 * @param {OwnMemory} before
 * @param {OwnMemory} after
 * @param {number} count
 */
export function memoryOfEach(before, after, count) {
  const grown = (/** @type {keyof OwnMemory} */ name) => after[name] - before[name];
  return {
    heapBytes: grown('heap') / count,
    externalBytes: grown('external') / count,
    nativeBytes: Math.max(0, grown('malloc') - grown('external')) / count,
    residentBytes: grown('resident') / count,
    proportionalBytes: grown('proportional') / count,
  };
}
