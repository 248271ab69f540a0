// Which fds are Node's: those that toSocket() gave it, and those that fdOf() has told. `socket.close()` and
// `registration.close()` refuse them, since Node would close the number once more, when it is another file's.
import type { Server, Socket } from 'node:net';
import { invalidState } from '../base/errors.js';
import { onClose } from '../socket/closing.js';
import { handleOf } from './handle.js';

/** As the listener it is held by a WeakRef alone, so ownedByNode() has to refer to all of it. */
const ownership = {
  owners: new Map<number, WeakRef<Socket | Server>>(),
  beforeClose(fd: number): void {
    const { owners } = ownership;
    const owner = owners.get(fd)?.deref();
    if (owner !== undefined && handleOf(owner)?.fd === fd) {
      throw invalidState(`fd ${fd} belongs to a socket or server of Node, which closes it: destroy() that`);
    }
    owners.delete(fd);
  },
  watches: (): boolean => false,
};
onClose(ownership);

/** Notes that Node closes the fd, as long as the owner has it. */
export function ownedByNode(fd: number, owner: Socket | Server): void {
  const { owners } = ownership;
  if (owners.get(fd)?.deref() === owner) return;
  owners.set(fd, new WeakRef(owner));
  owner.once('close', () => {
    if (owners.get(fd)?.deref() === owner) owners.delete(fd);
  });
}
