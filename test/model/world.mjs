// The reference: which files are open under which numbers, which are connected, and what the package was asked for. It
// holds no rule of the package; those are in ./turn.mjs (events), ./registrations.mjs and ./sources.mjs.
import { readdirSync } from 'node:fs';
import { probe } from './probe.mjs';

/** An open file, whatever numbers it has. */
export class File {
  /** @type {Set<number>} */
  numbers = new Set();
  /** @type {File | null} */
  peer = null;
  /** Counts whatever may have changed its readiness. */
  activity = 0;
  /** Counts what certainly makes an edge for those that read: bytes that came. */
  arrivals = 0;
  identity = -1;
  /** Of a listener. */
  port = 0;

  /** @param {number} id @param {string} kind */
  constructor(id, kind) {
    this.id = id;
    this.kind = kind;
    /** The byte that its peer sends, and no other file. */
    this.tag = id % 256;
  }

  get isOpen() {
    return this.numbers.size > 0;
  }

  /** Whether what a call does is there when it returns: TCP may need the kernel's time. */
  get isSynchronous() {
    return this.kind !== 'tcp' && this.kind !== 'listener';
  }

  /** Of the package's own: a waker's, a signal's or a reactor's. */
  get isOwn() {
    return this.kind.startsWith('own');
  }

  toString() {
    return `${this.kind}#${this.id}`;
  }
}

/** What the model found the package to do. */
export class ModelFailure extends Error {}

/** What handlers of the model throw. */
export class Thrown extends Error {}

export class World {
  /** Who has a number now. @type {Map<number, File>} */
  numbers = new Map();
  /** @type {File[]} */
  files = [];
  /** @type {import('./registrations.mjs').ModelRegistration[]} */
  registrations = [];
  /** @type {import('./reactors.mjs').ModelReactor[]} */
  reactors = [];
  /** @type {import('./timers.mjs').ModelTimer[]} */
  timers = [];
  /** @type {import('./sources.mjs').ModelSource[]} */
  sources = [];
  /** @type {string[]} */
  log = [];
  depth = 0;
  /**
   * The first: a handler's may go into the package, and come out as something else or not at all. @type {ModelFailure |
   * null}
   */
  failure = null;
  /** Operations of handlers, one for each call of a handler. @type {readonly import('./plan.mjs').Operation[]} */
  nested = [];
  nextNested = 0;
  /** Handlers do nothing any more. */
  isDraining = false;
  /**
   * Runs one of those. @type {(operation: import('./plan.mjs').Operation, self:
   * import('./registrations.mjs').ModelRegistration | null) => void}
   */
  runNested = () => {};

  /** @param {string} line */
  note(line) {
    this.log.push('  '.repeat(this.depth) + line);
  }

  /** @param {string} message @returns {never} */
  fail(message) {
    this.failure ??= new ModelFailure(message);
    throw this.failure;
  }

  /** @param {boolean} holds @param {() => string} message */
  check(holds, message) {
    if (!holds) this.fail(message());
  }

  /** Those of the user: what may be closed, sent to, registered. @returns {number[]} */
  get userNumbers() {
    return [...this.numbers].filter(([, file]) => !file.isOwn).map(([fd]) => fd);
  }

  /** @param {string} kind @param {number} fd */
  open(kind, fd) {
    const file = new File(this.files.length + 1, kind);
    this.files.push(file);
    this.give(fd, file);
    file.identity = identities([fd])[0] ?? -1;
    return file;
  }

  /** @param {number} fd @param {File} file */
  give(fd, file) {
    const owner = this.numbers.get(fd);
    this.check(owner === undefined, () => `fd ${fd} was given out while ${owner} had it`);
    this.numbers.set(fd, file);
    file.numbers.add(fd);
  }

  /** The number is closed. @param {number} fd */
  take(fd) {
    const file = this.numbers.get(fd);
    if (file === undefined) return;
    this.numbers.delete(fd);
    file.numbers.delete(fd);
    file.activity++;
    if (file.isOpen || file.peer === null) return;
    touch(file.peer);
  }

  /** Every number still is the file that it should be: the package has closed no stranger's, and kept none. */
  checkNumbers() {
    const expected = [...this.numbers];
    const found = identities(expected.map(([fd]) => fd));
    for (const [i, [fd, file]] of expected.entries()) {
      if (found[i] === file.identity) continue;
      this.fail(`fd ${fd} was ${file}, and is ${found[i] === -1 ? 'closed' : 'another file'} now`);
    }
  }
}

/**
 * Something was done to the file, and so to its peer. @param {File} file @param {boolean} [arrives] bytes came for it
 */
export function touch(file, arrives = false) {
  file.activity++;
  if (arrives) file.arrivals++;
  if (file.peer !== null) file.peer.activity++;
}

/** @param {readonly number[]} fds */
function identities(fds) {
  const pairs = new Int32Array(fds.length * 2);
  for (const [i, fd] of fds.entries()) pairs[i * 2] = fd;
  probe.identify(pairs);
  return fds.map((_, i) => /** @type {number} */ (pairs[i * 2 + 1]));
}

/** The open numbers of the process. @returns {Set<number>} */
export function openNumbers() {
  const listed = readdirSync('/proc/self/fd').map(Number);
  const found = identities(listed); // without the one of the listing itself
  return new Set(listed.filter((_, i) => found[i] !== -1));
}
