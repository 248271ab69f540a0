// What poll(2) says, in bits of Ready. Written from the manual pages and the contract, not from the package's sources.
import { Interest, Ready } from 'fdreactor';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDHUP, probe } from './probe.mjs';

const ASKED = POLLIN | POLLOUT | POLLPRI | POLLRDHUP;
export const CLOSURES = Ready.READ_CLOSED | Ready.WRITE_CLOSED | Ready.ERROR | Ready.HANGUP;
export const ALL_INTERESTS = Interest.READABLE | Interest.WRITABLE | Interest.PRIORITY;

/** @param {number} interest @param {number} revents @param {boolean} isQuiet the half-close was told already */
export function readyOf(interest, revents, isQuiet) {
  let ready = 0;
  if (interest & Interest.READABLE && revents & POLLIN) ready |= Ready.READABLE;
  if (interest & Interest.WRITABLE && revents & POLLOUT) ready |= Ready.WRITABLE;
  if (interest & Interest.PRIORITY && revents & POLLPRI) ready |= Ready.PRIORITY;
  if (revents & POLLRDHUP && !isQuiet) ready |= Ready.READ_CLOSED;
  if (revents & POLLERR) ready |= Ready.ERROR;
  if (revents & POLLHUP) ready |= Ready.HANGUP | Ready.READ_CLOSED | Ready.WRITE_CLOSED;
  return ready;
}

/** @typedef {Map<import('./world.mjs').File, number>} Snapshot revents of each file */

/** Asks poll(2) of each file that is open. @param {Iterable<import('./world.mjs').File>} files @returns {Snapshot} */
export function snapshot(files) {
  const open = [...new Set(files)].filter((file) => file.isOpen);
  const triples = new Int32Array(open.length * 3);
  for (const [i, file] of open.entries()) {
    const [fd] = file.numbers;
    triples[i * 3] = /** @type {number} */ (fd);
    triples[i * 3 + 1] = ASKED;
  }
  probe.pollFds(triples);
  return new Map(open.map((file, i) => [file, /** @type {number} */ (triples[i * 3 + 2])]));
}
