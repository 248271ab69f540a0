// Loads the add-on of probe.c, which ./model.test.ts compiles, and names the bits of poll(2).

/**
 * @typedef {object} Probe
 * @property {(triples: Int32Array) => number} pollFds fd, events, revents; the last is written
 * @property {(pairs: Int32Array) => void} identify fd, identity; the second is written, -1 for a closed fd
 * @property {(fd: number) => number} dup
 * @property {(fd: number, to: number) => number} dupTo
 * @property {(fd: number) => number} closeBehind close(2) that the package does not see
 * @property {() => number} openFile a regular file
 * @property {() => number} openEventfd
 * @property {(signal: number) => number} raise
 * @property {(signal: number) => number} ignore
 */

const path = process.env.FDREACTOR_MODEL_PROBE;
if (path === undefined) throw new Error('FDREACTOR_MODEL_PROBE names no add-on: test/model/model.test.ts sets it');

/** @type {{ exports: Probe }} */
const module = { exports: /** @type {Probe} */ ({}) };
process.dlopen(module, path);

export const probe = module.exports;

/** Of poll(2) on Linux. */
export const POLLIN = 1;
export const POLLPRI = 2;
export const POLLOUT = 4;
export const POLLERR = 8;
export const POLLHUP = 16;
export const POLLRDHUP = 0x2000;
