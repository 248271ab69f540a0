// Registrar: makes, changes and ends registrations, in the table and in the kernel.
//
// The two must agree whatever throws in between: a call that fails, a stack overflow, a termination (vm time-out). So
// each change writes down what it is about to do (#change, #step) and erases that when done. The next call that finds
// it mends: a registration half made is undone, one half ended is ended, a new interest half set is the old one again.
// An assignment cannot be cut short; a call can.
//
// The kernel knows best whether an fd is still the file that was registered: it answers ENOENT, EBADF or EPERM where
// other code closed the fd. Nothing else asks, and nothing asks at an event (see ARCHITECTURE.md, "Closing").

import { errorOf, invalidState, SystemError } from '../base/errors.js';
import type { Closer } from '../base/resources.js';
import { native } from '../native/table.js';
import { isOwn, prepareClose } from '../socket/closing.js';
import { type Backend, checkSupported, isGone, type WatchPart } from './backend.js';
import { Interest, type Mode } from './interest.js';
import {
  type AnyRegistration,
  GuardedRegistration,
  type Handler,
  Registration,
  type RegistrationErrorHandler,
  type RegistrationOwner,
  State,
} from './registration.js';
import { NO_FD, RegistrationTable } from './registration-table.js';

/** The identity of a file, of up to 52 bits, is kept in two small integers: `slot` and `generation`. */
const IDENTITY_HALF = 2 ** 26;
/** What `generation` says in place of half an identity. */
const Identity = {
  /** The fd is closed, or the number is another file's. */
  GONE: -1,
  /** The kernel has just confirmed the file. */
  SAME: -2,
} as const;

/** What a change was doing. */
const Step = {
  /** The backend may have begun to watch the fd. */
  ADDING: 0,
  /** The backend watches the fd. */
  ADDED: 1,
  MODIFYING: 2,
  REMOVING: 3,
} as const;

/** What `register()` makes a registration from. */
export interface RegistrationPlan<T> {
  fd: number;
  interest: number;
  mode: Mode;
  exclusive: boolean;
  handler: Handler<T>;
  data: T;
  onError: RegistrationErrorHandler<T> | undefined;
}

/** The `data` of a registration of a waker or a signal. */
interface InternalData {
  source: number;
  release: Closer;
}

export class Registrar implements RegistrationOwner {
  readonly table = new RegistrationTable();
  /** The generations that ended while `records`: their events are expected, and dropped. */
  readonly ended = new Set<number>();
  /** Whether a batch is being handed out. */
  records = false;
  readonly #backend: Backend;
  readonly #changed: () => void;
  #change: AnyRegistration | null = null;
  #step: number = Step.ADDING;

  /** @param changed called after each change */
  constructor(backend: Backend, changed: () => void) {
    this.#backend = backend;
    this.#changed = changed;
  }

  /** Whether an exception cut a change short, and mend() has work. */
  get torn(): boolean {
    return this.#change !== null;
  }

  register<T>(plan: RegistrationPlan<T>): Registration<T> {
    this.mend();
    const { fd, interest, mode, exclusive, handler, data, onError } = plan;
    checkSupported(this.#backend.kind.capabilities, interest, mode, exclusive);
    const slot = this.table.prepare(fd);
    const { nextGeneration: generation } = this.table;
    const Kind = onError === undefined ? Registration : GuardedRegistration;
    const registration = new Kind<T>(this, fd, slot, generation, interest, mode, handler, data);
    if (registration instanceof GuardedRegistration) registration.onError = onError;
    if (exclusive) registration.setExclusive();
    this.#change = registration as AnyRegistration;
    this.#step = Step.ADDING;
    const result = this.#partOf(registration).register(fd, slot, generation, interest, mode);
    if (result < 0) this.#failed(result, fd);
    this.#step = Step.ADDED;
    this.#put(registration as AnyRegistration, fd);
    native.fd.ensureNonBlocking(fd); // after the kernel took it, so that a refusal changes no flag
    this.#changed();
    this.#change = null;
    return registration;
  }

  /** Watches the source of a waker or a signal, which `release` gives back. Returns what ends that. */
  watchInternal(source: number, release: Closer, handler: () => void): () => void {
    this.mend();
    const fd = this.#backend.sourcesAreFds ? source : NO_FD;
    const slot = this.table.prepare(fd);
    const { nextGeneration: generation } = this.table;
    const data: InternalData = { source, release };
    const made = new Registration(this, fd, slot, generation, Interest.READABLE, 'level', handler, data);
    const registration = made as AnyRegistration;
    registration.setInternal();
    this.#change = registration;
    this.#step = Step.ADDING;
    const result = this.#backend.watchInternal(source, slot, generation);
    if (result < 0) {
      release(true);
      this.#failed(result, fd);
    }
    this.#step = Step.ADDED;
    this.#put(registration, fd);
    this.#changed();
    this.#change = null;
    return () => this.#unwatchInternal(registration);
  }

  modify(registration: AnyRegistration, interest: number): void {
    this.mend();
    if (registration.state !== State.ACTIVE)
      throw invalidState(`the registration of fd ${registration.fd} is not active`);
    const { fd, slot, generation, mode, exclusive } = registration;
    checkSupported(this.#backend.kind.capabilities, interest, mode, exclusive);
    this.#change = registration;
    this.#step = Step.MODIFYING;
    const result = this.#partOf(registration).modify(fd, slot, generation, interest, mode);
    if (result < 0) {
      this.#change = null;
      if (isGone(errorOf(result))) this.#end(registration, State.CLOSED);
      else if (exclusive) this.#endWatched(registration);
      this.#failed(result, fd);
    }
    registration.setInterest(interest);
    this.#change = null;
    this.#changed();
  }

  deregister(registration: AnyRegistration): void {
    this.mend();
    if (this.#remove(registration, State.DEREGISTERED)) noteIdentity(registration);
  }

  close(registration: AnyRegistration): boolean {
    this.mend();
    const { fd } = registration;
    if (registration.active) this.#remove(registration, State.DEREGISTERED);
    const isSame = isSameFile(registration);
    let result = 0;
    if (isSame) {
      prepareClose(fd);
      registration.generation = Identity.GONE; // before the call: after a throw it may be done, so never again
      result = native.fd.close(fd);
    }
    registration.generation = Identity.GONE;
    registration.setState(State.CLOSED);
    if (result < 0) throw new SystemError(errorOf(result), 'close', { fd });
    return isSame;
  }

  setReferenced(registration: AnyRegistration, referenced: boolean): void {
    this.mend();
    if (!registration.active) return;
    this.table.setReferenced(registration, referenced);
    this.#changed();
  }

  watchAnew(registration: AnyRegistration, handler: Handler<undefined>): Registration<undefined> {
    const { fd } = registration;
    this.deregister(registration);
    return this.register({
      fd,
      interest: 0,
      mode: 'level',
      exclusive: false,
      handler,
      data: undefined,
      onError: undefined,
    });
  }

  /** Tells the backend of a half-close that the handler was told of, and did not ask for. */
  muteReadClosed(registration: AnyRegistration): void {
    const { fd, slot, generation, interest } = registration;
    if (registration.exclusive) return; // not told of a half-close; a hang-up cannot be masked
    this.#backend.muteReadClosed?.(fd, slot, generation, interest);
  }

  /** The fd is about to be closed through the library. @throws ERR_INVALID_STATE where a waker or a signal uses it */
  beforeClose(fd: number): void {
    const registration = this.table.byFd(fd);
    if (registration === null) return;
    this.mend();
    if (registration.internal) {
      this.#reset(registration); // ends it if other code has closed the fd, so that the number is another file's
      if (registration.active) throw isOwn(fd);
    } else if (registration.active) {
      this.#remove(registration, State.CLOSED);
    }
  }

  watches(fd: number): boolean {
    const registration = this.table.byFd(fd);
    if (registration === null) return false;
    this.mend();
    this.#reset(registration); // ends it if other code has closed the fd, so that the number is another file's
    return registration.active;
  }

  /** The batch was handed out to its end. */
  endRecord(): void {
    this.records = false;
    if (this.ended.size > 0) this.ended.clear();
  }

  /** Ends all registrations, and gives back wakers and signals; the backend is about to be closed. */
  clear(): void {
    this.#change = null;
    for (const registration of this.table) {
      if (registration.internal) this.#unwatchInternal(registration);
      else if (this.#remove(registration, State.DEREGISTERED)) noteIdentity(registration);
    }
  }

  /** Ends what an exception cut short. */
  mend(): void {
    const registration = this.#change;
    if (registration === null) return;
    const { fd } = registration;
    if (this.#step === Step.MODIFYING) this.#reset(registration);
    else if (this.#step === Step.REMOVING) this.#endTorn(registration);
    else this.#undo(registration, fd);
    this.#change = null;
    this.#changed();
  }

  /** Tells the kernel the interest that the registration has. */
  #reset(registration: AnyRegistration): void {
    const { fd, slot, generation, interest, mode } = registration;
    const result = this.#partOf(registration).modify(fd, slot, generation, interest, mode);
    if (result >= 0) return;
    if (registration.exclusive && !isGone(errorOf(result))) this.#endWatched(registration);
    else this.#end(registration, State.CLOSED);
  }

  /** The part of the backend that changes it. register() has checked that there is one for exclusive registrations. */
  #partOf(registration: { exclusive: boolean }): WatchPart {
    return (registration.exclusive ? this.#backend.exclusive : undefined) ?? this.#backend;
  }

  /** Ends a registration that the kernel does not watch any more, though its fd is open. */
  #endWatched(registration: AnyRegistration): void {
    this.#end(registration, State.DEREGISTERED);
    noteIdentity(registration);
  }

  /** Ends a registration that is out of the table. One that is in it still was not changed. */
  #endTorn(registration: AnyRegistration): void {
    if (registration.active) return;
    const { fd } = registration;
    const isSame = this.table.byFd(fd) === null && this.#unwatch(registration);
    registration.generation = isSame ? Identity.SAME : Identity.GONE;
    if (isSame && !registration.internal) noteIdentity(registration);
  }

  /** Takes back a registration that register() did not return. */
  #undo(registration: AnyRegistration, fd: number): void {
    this.#end(registration, State.DEREGISTERED);
    if (registration.internal) {
      (registration.data as InternalData).release(this.#unwatch(registration) || this.#step === Step.ADDING);
      return;
    }
    const before = this.table.byFd(fd);
    if (before !== null && this.#step === Step.ADDING) {
      this.#reset(before);
      return;
    }
    if (before !== null) this.#end(before, State.CLOSED);
    this.#backend.deregister(fd);
  }

  /** Puts it into the table. If the table has another one of this fd, other code closed that one's file. */
  #put(registration: AnyRegistration, fd: number): void {
    const before = fd === NO_FD ? null : this.table.byFd(fd);
    if (before !== null) this.#end(before, State.CLOSED);
    this.table.add(registration);
  }

  /** Takes it out of the table and the kernel. Returns whether the fd is still the file that was registered. */
  #remove(registration: AnyRegistration, state: number): boolean {
    this.#change = registration;
    this.#step = Step.REMOVING;
    this.#end(registration, state);
    const isSame = this.#unwatch(registration);
    registration.generation = isSame ? Identity.SAME : Identity.GONE;
    this.#change = null;
    this.#changed();
    return isSame;
  }

  #end(registration: AnyRegistration, state: number): void {
    if (this.records) this.ended.add(registration.generation);
    this.table.remove(registration, state);
  }

  #unwatchInternal(registration: AnyRegistration): void {
    this.mend();
    if (registration.active) this.#remove(registration, State.DEREGISTERED);
    // Otherwise other code closed the source's fd, and the number belongs to another file.
    const isOpen = registration.generation === Identity.SAME;
    (registration.data as InternalData).release(isOpen);
  }

  /** Takes it out of the kernel. Returns whether its fd is still the same file. */
  #unwatch(registration: AnyRegistration): boolean {
    if (!registration.internal) return this.#backend.deregister(registration.fd);
    return this.#backend.unwatchInternal((registration.data as InternalData).source);
  }

  #failed(result: number, fd: number): never {
    this.#change = null;
    throw new SystemError(errorOf(result), this.#backend.changeCall, { fd });
  }
}

/** Notes the identity of the file that has the fd, for a later close(). */
function noteIdentity(registration: AnyRegistration): void {
  const identity = native.fd.identity(registration.fd);
  registration.slot = identity < 0 ? NO_FD : identity % IDENTITY_HALF;
  registration.generation = identity < 0 ? Identity.GONE : Math.floor(identity / IDENTITY_HALF);
}

/** Whether the fd of a registration that is not active is still the same file. */
function isSameFile({ fd, slot, generation }: AnyRegistration): boolean {
  if (generation < 0) return generation === Identity.SAME;
  return native.fd.identity(fd) === generation * IDENTITY_HALF + slot;
}
