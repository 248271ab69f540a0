// Closing an fd through the library: each reactor of this thread ends its registration of the fd first. So no event of
// the file that is closed can reach a handler, even where a duplicate of the fd keeps the file open, and no
// registration is left with a number that another file may get.
import { failure, invalidState } from '../base/errors.js';
import { native } from '../native/table.js';

/** Who is told before an fd is closed. */
export interface CloseListener {
  /** May throw; then the fd stays open. */
  beforeClose?(fd: number): void;
  /** Whether it watches the file that has the fd now. */
  watches?(fd: number): boolean;
  /** Who of it closes the fd that is open now, in words: 'a Connection'; undefined for none. */
  ownerOf?(fd: number): string | undefined;
}

const listeners = new Set<WeakRef<CloseListener>>();

/**
 * Tells `listener` of each fd from here on. Does not keep it from being collected; the function that it returns ends
 * it.
 */
export function onClose(listener: CloseListener): () => void {
  const weak = new WeakRef(listener);
  listeners.add(weak);
  return () => {
    listeners.delete(weak);
  };
}

/** Whether a reactor of this thread watches the fd, or a waker or a signal of one uses it. */
export function isWatched(fd: number, except?: CloseListener): boolean {
  for (const weak of listeners) {
    const listener = weak.deref();
    if (listener !== except && listener?.watches?.(fd) === true) return true;
  }
  return false;
}

/**
 * Who closes the fd, in words: a Connection, a Listener, a Duplex or a socket of Node; undefined for none.
 *
 * @param except one that is not asked
 */
export function ownerOf(fd: number, except?: CloseListener): string | undefined {
  for (const weak of listeners) {
    const listener = weak.deref();
    const owner = listener === except ? undefined : listener?.ownerOf?.(fd);
    if (owner !== undefined) return owner;
  }
  return undefined;
}

/** @throws ERR_INVALID_STATE for an fd that has such an owner */
export function checkUnowned(fd: number, except?: CloseListener): void {
  const owner = ownerOf(fd, except);
  if (owner !== undefined) throw invalidState(`fd ${fd} belongs to ${owner}`);
}

/** The native answer for an fd of the add-on itself; close(2) never answers so. */
const IS_OWN = failure(native.constants.error.EBUSY as number);

/**
 * Tells all listeners that the fd is about to be closed.
 *
 * @throws ERR_INVALID_STATE if a waker or a signal uses the fd, or another object closes it
 */
export function prepareClose(fd: number): void {
  checkUnowned(fd);
  for (const listener of listeners) listener.deref()?.beforeClose?.(fd);
}

/**
 * Tells all listeners, then closes the fd (close(2)). Returns the native result.
 *
 * @throws ERR_INVALID_STATE as prepareClose()
 */
export function closeFd(fd: number): number {
  if (typeof fd === 'number') prepareClose(fd);
  const result = native.fd.close(fd);
  if (result === IS_OWN) throw isOwn(fd);
  return result;
}

/** The error for an fd that a waker or a signal uses. */
export function isOwn(fd: number): Error {
  return invalidState(`fd ${fd} belongs to a waker or a signal of a Reactor`);
}
