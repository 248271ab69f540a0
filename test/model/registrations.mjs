// A registration as the reference has it, and what must be so of the real one after each operation.
import { touch } from './world.mjs';

/** What the kernel goes on watching, and cannot be told to forget: the number is another file's. */
/** @param {import('./world.mjs').File} file @param {number} fd */
export const ghostOf = (file, fd) => `${file} as ${fd}`;

export class ModelRegistration {
  /** @type {import('fdreactor').Registration<ModelRegistration>} */
  handle;
  active = true;
  /** Counts what the user asked of it: an event that was fetched before is no longer judged. */
  version = 0;
  /** Its half-close was told, and is not told again until modify(). */
  isQuiet = false;
  /** How often a oneshot may still be told. */
  arms = 1;
  /** Whether it is so often; else at most. */
  areArmsCertain = true;
  /** An edge is due in any case: it was registered or modified, and not waited for since. */
  isFresh = true;
  /** The file's counters when it was last told, or last waited for. */
  seenActivity = -1;
  seenArrivals = -1;
  /** Whether the last complete turn found it readable. */
  wasReadable = true;
  /** The closures that it was told of, since modify(). */
  toldClosures = 0;

  /**
   * @param {number} id
   * @param {import('./reactors.mjs').ModelReactor} owner
   * @param {import('./world.mjs').File} file
   * @param {number} fd
   * @param {number} interest
   * @param {import('fdreactor').Mode} mode
   */
  constructor(id, owner, file, fd, interest, mode) {
    this.id = id;
    this.owner = owner;
    this.file = file;
    this.fd = fd;
    this.interest = interest;
    this.mode = mode;
    /** Whether its exceptions go to a function. */
    this.hasOnError = false;
    /** Whether its handler throws in every turn. */
    this.alwaysThrows = false;
  }

  /** Whether its number was closed, without the package: another file has it now, or none. */
  get hasMoved() {
    return this.owner.world.numbers.get(this.fd) !== this.file;
  }

  /**
   * Whether its number went to a file that the kernel still watches by this number, of a registration before it. Then
   * the kernel takes the one for the other, and the package does not look: modify() succeeds, and close() closes the
   * number (see ARCHITECTURE.md, "What is left open on purpose").
   */
  get isTakenForGhost() {
    const file = this.owner.world.numbers.get(this.fd);
    return this.active && this.hasMoved && file !== undefined && this.owner.ghosts.has(ghostOf(file, this.fd));
  }

  /** Whether only edges are told. */
  get isEdge() {
    return this.mode === 'edge' || this.interest === 0;
  }

  retire() {
    if (this.active && this.hasMoved && this.file.isOpen) this.owner.ghosts.add(ghostOf(this.file, this.fd));
    this.active = false;
    this.version++;
    this.owner.mayHaveStale = true;
  }

  /** @param {number} interest */
  rearm(interest) {
    this.interest = interest;
    this.isQuiet = false;
    this.toldClosures = 0;
    this.isFresh = true;
    // An event that was fetched before may still be delivered; so may one of the new arming.
    this.areArmsCertain = !this.owner.mayBeFetched(this);
    this.arms = this.areArmsCertain ? 1 : 2;
    this.version++;
    touch(this.file);
  }

  toString() {
    return `r${this.owner.id}.reg${this.id}(fd ${this.fd}, ${this.file}, ${this.mode} ${this.interest})`;
  }
}

/** All that had this number and are another file's than the one that has it: a new owner was registered. */
/** @param {import('./reactors.mjs').ModelReactor} owner @param {number} fd */
export function retireOwners(owner, fd) {
  for (const registration of owner.live()) if (registration.fd === fd) registration.retire();
}

/** The real ones are as the reference has them. @param {import('./world.mjs').World} world */
export function checkRegistrations(world) {
  for (const registration of world.registrations) {
    const { handle, active, fd, interest, mode } = registration;
    // A registration whose number moved on may be retired as soon as the package notices.
    if (active && !handle.active && registration.hasMoved) registration.retire();
    else if (active !== handle.active) {
      world.fail(`${registration} is ${active ? 'active' : 'not active'}, and says otherwise`);
    }
    if (handle.fd !== fd || handle.mode !== mode || (handle.active && handle.interest !== interest)) {
      world.fail(`${registration} says fd ${handle.fd}, ${handle.mode} ${handle.interest}`);
    }
  }
}
