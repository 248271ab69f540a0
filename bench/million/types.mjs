// @ts-check
// Defines the vocabulary of bench/million/, as types.

/** @typedef {import('../programs/own-memory.mjs').OwnMemory} OwnMemory */
/** @typedef {ReturnType<typeof import('../programs/own-memory.mjs').memoryOfEach>} MemoryOfEach */

/**
 * Bytes of the whole machine, from /proc.
 *
 * @typedef {object} KernelMemory
 * @property {number} total
 * @property {number} available
 * @property {number} slab
 * @property {Record<string, number> | null} caches
 * @property {number} tcpSockets
 * @property {number} tcpPages of buffers
 */

/** @typedef {{ what: string, done: number, total: number }} Progress */
/** @typedef {(progress: Progress) => void} Tell */

/**
 * What c1m is to do. `connections` may be Infinity: then until no more than `leaveBytes` are available.
 *
 * @typedef {object} ConnectionsTask
 * @property {number} connections
 * @property {number} openFiles that a process may have
 * @property {number} windowMs of load over 1 % of the connections
 * @property {number} leaveBytes
 */

/**
 * @typedef {object} ConnectionsResult
 * @property {number} connections
 * @property {number} clients processes at the other end
 * @property {number} connectSeconds
 * @property {{ answered: number, seconds: number }} pinged every connection, once
 * @property {{ connections: number, roundTrips: number, seconds: number, serverCpuSeconds: number, userShare: number }}
 *     active
 * @property {MemoryOfEach} userSpace of the server, for a connection
 * @property {{ resident: number, proportional: number }} serverBytes in all
 * @property {{ slab: number, available: number, caches: Record<string, number> | null }} kernelPair bytes for both ends
 * @property {{ none: number, all: number }} idleTurn in nanoseconds: without connections, with all of them
 * @property {string[]} problems
 */

/**
 * Nanoseconds an event, in its parts.
 * @typedef {{ active: number, write: number, turn: number, read: number }} EventCost
 */

/**
 * @typedef {object} Stage
 * @property {number} registered
 * @property {number | null} registrationsPerSecond
 * @property {MemoryOfEach | null} memory in user space, for a registration
 * @property {number | null} kernelBytes for a registration, without the fd
 * @property {number} idleTurn in nanoseconds
 * @property {EventCost} nearFds active among the first 10,000
 * @property {EventCost} sameFds active, spread over all
 * @property {EventCost} otherFds active, spread over all, others in each round
 */

/** @typedef {Pick<Stage, 'registered' | 'registrationsPerSecond' | 'nearFds' | 'sameFds' | 'otherFds'>} FloorStage */

/** @typedef {{ registrations: number, active: number }} RegistrationsTask */

/**
 * @typedef {object} RegistrationsResult
 * @property {number} registrations
 * @property {number} creationSeconds
 * @property {number} kernelBytesOfFd of an eventfd, before it is watched
 * @property {FloorStage[]} floor the same from C over epoll
 * @property {Stage[]} stages
 * @property {string[]} problems
 */

/** @typedef {{ where: string } & ReturnType<typeof import('../harness/machine.mjs').describeSystem>} Machine */

/**
 * @template R
 * @typedef {{ command: string, machine: Machine, result: R }} Report
 */

export {};
