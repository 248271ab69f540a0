// Which fds are Node's, or a Duplex's: those that toSocket() and toDuplex() gave them, and those that fdOf() has told.
// Nothing else closes them, nor becomes their owner: the number would be closed once more when it is another file's.
import type { Server, Socket } from 'node:net';
import { onClose } from '../socket/closing.js';
import { handleOf } from './handle.js';

/** A stream of toDuplex(). */
export interface FdOwner {
  /** Negative once it is closed. */
  readonly fd: number;
}

type Owner = WeakRef<Socket | Server> | FdOwner;

/** As the listener it is held by a WeakRef alone, so the functions below have to refer to all of it. */
const ownership = {
  owners: new Map<number, Owner>(),
  ownerOf(fd: number): string | undefined {
    const { owners } = ownership;
    const owner = owners.get(fd);
    if (owner === undefined) return undefined;
    if (!(owner instanceof WeakRef)) return 'a Duplex, which closes it: destroy() that';
    const ofNode = owner.deref();
    if (ofNode !== undefined && handleOf(ofNode)?.fd === fd) {
      return 'a socket or server of Node, which closes it: destroy() that';
    }
    owners.delete(fd);
    return undefined;
  },
};
onClose(ownership);

/** Notes that Node closes the fd, as long as the owner has it. */
export function ownedByNode(fd: number, owner: Socket | Server): void {
  const known = ownership.owners.get(fd);
  if (known instanceof WeakRef && known.deref() === owner) return;
  ownership.owners.set(fd, new WeakRef(owner));
}

/** Notes that a Duplex has the fd, until released(). */
export function ownedByDuplex(fd: number, owner: FdOwner): void {
  ownership.owners.set(fd, owner);
}

/** The Duplex has the fd no more. */
export function released(fd: number): void {
  ownership.owners.delete(fd);
}
