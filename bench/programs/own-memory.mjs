// @ts-check
// The user-space memory of the process itself, for programs that measure what they hold; they need --expose-gc.
// What JavaScript holds is `heapUsed` and `external` (typed arrays), after full collections. RssAnon, resident anonymous
// memory, has everything, the add-on's own included, but in pages, and whatever the heap keeps in reserve: what it grew by
// beyond V8's own pages is native memory.
import { readFileSync } from 'node:fs';
import v8 from 'node:v8';

/** @typedef {{ heap: number, external: number, heapPages: number, resident: number, proportional: number }} OwnMemory */

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
    heapPages: v8.getHeapStatistics().total_physical_size,
    resident: field('/proc/self/status', 'RssAnon'),
    proportional: field('/proc/self/smaps_rollup', 'Pss'),
  };
}

/** What each of `count` things took between two readings, in bytes. @param {OwnMemory} before @param {OwnMemory} after @param {number} count */
export function memoryOfEach(before, after, count) {
  const grown = (/** @type {keyof OwnMemory} */ name) => after[name] - before[name];
  const native = grown('resident') - grown('heapPages') - grown('external');
  return {
    heapBytes: grown('heap') / count,
    externalBytes: grown('external') / count,
    nativeBytes: Math.max(0, native) / count,
    residentBytes: grown('resident') / count,
    proportionalBytes: grown('proportional') / count,
  };
}
