// @ts-check
// Computes how many connections this machine lets one process hold, with both ends on the machine.
import { diagnose } from '../harness/doctor.mjs';

/** @typedef {import('../harness/doctor.mjs').Limit} Limit */

const OPEN_FILES = 'nofile (hard)';
/** What both ends take from one store; each end is a connection to the doctor. */
const SHARED = ['fs.file-max', 'memory'];

/** How many files a process may have open. */
export const mostOpenFiles = () =>
  diagnose(1).limits.find(({ name }) => name === OPEN_FILES)?.value ?? Number.POSITIVE_INFINITY;

/**
 * What bounds the number of connections, the tightest first: how many each limit allows, and the lines that make it
 * enough.
 * @param {number} wanted @returns {{ name: string, meaning: string, connections: number, raise: string[] }[]}
 */
export function allowances(wanted) {
  const ends = (/** @type {number} */ count, /** @type {boolean} */ shared) =>
    diagnose(wanted * count).limits.flatMap(({ name, meaning, allows, stops, raise }) =>
      allows === undefined || !stops.includes('server') || SHARED.includes(name) !== shared
        ? []
        : [{ name, meaning, connections: Math.floor(allows / count), raise }],
    );
  return [...ends(1, false), ...ends(2, true)].sort((a, b) => a.connections - b.connections);
}
