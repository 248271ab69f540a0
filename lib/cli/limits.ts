// What a limit of the system is, and what all of them together allow. The lists of limits are a file a system
// (limits-linux.ts, limits-bsd.ts, limits-windows.ts); nothing here or there reads anything itself.

/** Whom a limit stops: connections accepted, connections opened to one address, connections with data in the kernel. */
export type Role = 'server' | 'client' | 'data';

export interface Limit {
  /** As the system calls it. */
  readonly name: string;
  readonly meaning: string;
  /** Infinity: no limit; undefined: it cannot be read here. */
  readonly value: number | undefined;
  /** How many connections it leaves room for. Not there: it does not bound them by itself. */
  readonly allows?: number | undefined;
  readonly stops: readonly Role[];
  /** The lines that raise it as far as is wanted; none where it is enough. */
  readonly raise: readonly string[];
}

export interface Capacity {
  /** Infinity: no limit is known. */
  readonly connections: number;
  readonly boundBy: string | undefined;
}

export const ALL: readonly Role[] = ['server', 'client', 'data'];

/** What a program has open besides its connections: Node has some twenty, a Reactor three, a listener one. */
export const OTHER_FILES = 64;

/**
 * An idle TCP connection in Linux: half of the 7.2 KB that a pair of ends took when a million of them were held on
 * 6.18; and at most 128 bytes of user space (`npm run bench:idle`). With data in it, more: that is tcp_mem.
 */
export const BYTES_PER_CONNECTION = 3600 + 128;

/** The lines, where it allows less than is wanted. */
export function raisedBy(allows: number | undefined, wanted: number, lines: readonly string[]): readonly string[] {
  return allows === undefined || allows < wanted ? lines : [];
}

/** @param bytes what the system says is available */
export function memoryLimit(bytes: number | undefined, wanted: number): Limit {
  const allows = bytes === undefined ? undefined : Math.floor(bytes / BYTES_PER_CONNECTION);
  const megabytes = Math.ceil((wanted * BYTES_PER_CONNECTION) / 1e6);
  const line = `# ${wanted} idle connections need about ${megabytes} MB: more memory, or a higher limit of the container`;
  const meaning = `bytes of memory available, at ${BYTES_PER_CONNECTION} an idle connection`;
  return { name: 'memory', meaning, value: bytes, allows, stops: ALL, raise: raisedBy(allows, wanted, [line]) };
}

/** How many connections a role can have, and which limit stops it first. */
export function capacityOf(role: Role, limits: readonly Limit[]): Capacity {
  let first: Limit | undefined;
  for (const limit of limits) {
    if (limit.allows === undefined || !limit.stops.includes(role)) continue;
    if (first?.allows === undefined || limit.allows < first.allows) first = limit;
  }
  return { connections: first?.allows ?? Number.POSITIVE_INFINITY, boundBy: first?.name };
}

/** The integers of a text; undefined where there is no text. */
export function numbersIn(text: string | undefined): number[] {
  return (text?.match(/\d+/g) ?? []).map(Number);
}
