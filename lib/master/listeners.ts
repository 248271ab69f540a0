// HeldListeners: the sockets that a master listens on. It opens them, or takes them over from systemd or from the
// master before it, and holds them over all generations of workers: the kernel resets what waits in the queue of a
// listening socket when its last fd is closed. What must hold: only a master removes the file of a Unix socket.
import { lstatSync, unlinkSync } from 'node:fs';
import { invalidState, SystemError } from '../base/errors.js';
import { SocketFile } from '../connection/socket-file.js';
import { checkListens } from '../reactor/accept-errors.js';
import type { AddressInfo } from '../socket/address.js';
import { close, getsockname } from '../socket/calls.js';
import { connectUnix, type ListenTcpOptions, type ListenUnixOptions, listenTcp, listenUnix } from '../socket/open.js';
import type { UpgradePlan } from './environment.js';
import type { MasterListener } from './options.js';
import { type ListenFd, listenFds } from './systemd.js';

interface Held {
  name: string;
  /** What tells it from others: the master that takes it over asks for the same. */
  key: string;
  /** One, or one for each worker. */
  fds: number[];
  /** Of a Unix socket. */
  path: string | null;
  /** null while it is another master's to remove. */
  file: SocketFile | null;
}

export class HeldListeners {
  readonly #held: Held[] = [];

  /**
   * @param workers how many sockets an address with `reusePort` gets
   * @param inherited from the master that this one replaces
   * @throws SystemError of the call that failed; then nothing is left open
   */
  constructor(listeners: Record<string, MasterListener>, workers: number, inherited: UpgradePlan['listeners']) {
    const left = [...inherited];
    const passed = listenFds();
    try {
      for (const [name, listener] of Object.entries(listeners)) {
        const key = keyOf(listener);
        const old = takeOut(left, (other) => other.name === name && other.key === key);
        const { path = null } = listener as Partial<ListenUnixOptions>;
        const held: Held = { name, key, fds: old?.fds ?? [], path, file: null };
        this.#held.push(held);
        open(held, listener, workers, passed);
      }
    } catch (error) {
      this.close(true);
      throw error;
    } finally {
      for (const fd of [...left.flatMap(({ fds }) => fds), ...passed.map(({ fd }) => fd)]) close(fd);
    }
  }

  /** The fds of each name. */
  get fds(): Record<string, number[]> {
    return Object.fromEntries(this.#held.map(({ name, fds }) => [name, fds]));
  }

  /** Where each listens. */
  get addresses(): Record<string, AddressInfo> {
    return Object.fromEntries(this.#held.map(({ name, fds }) => [name, getsockname(fds[0] as number)]));
  }

  /** The master before this one has given way: the files are this one's to remove. */
  claimFiles(): void {
    for (const held of this.#held) if (held.path !== null) held.file ??= SocketFile.at(held.path);
  }

  /** For the master that replaces this one. */
  get plan(): UpgradePlan['listeners'] {
    return this.#held.map(({ name, key, fds }) => ({ name, key, fds }));
  }

  /** @param removeFiles false where another master goes on with them */
  close(removeFiles: boolean): void {
    for (const { fds, file } of this.#held.splice(0)) {
      for (const fd of fds) close(fd);
      if (removeFiles) file?.remove();
    }
  }
}

function keyOf(listener: MasterListener): string {
  const { fdName, path, host, port, reusePort } = listener as MasterListener & ListenTcpOptions & { path?: string };
  return JSON.stringify([fdName ?? null, path ?? null, host ?? null, port ?? null, reusePort === true]);
}

function takeOut<T>(list: T[], isIt: (item: T) => boolean): T | undefined {
  const at = list.findIndex(isIt);
  return at < 0 ? undefined : list.splice(at, 1)[0];
}

/** Opens what is not there yet. */
function open(held: Held, listener: MasterListener, workers: number, passed: ListenFd[]): void {
  const { name, fds } = held;
  const { path, host, reusePort } = listener as Partial<ListenUnixOptions & ListenTcpOptions>;
  const fromSystemd = fds.length === 0 ? takeOut(passed, (item) => item.name === listener.fdName) : undefined;
  if (fromSystemd !== undefined) {
    fds.push(fromSystemd.fd);
    checkListens(fromSystemd.fd, `the socket ${fromSystemd.name} of systemd`);
    return;
  }
  if (path !== undefined) {
    if (fds.length === 0) {
      removeLeftOver(path);
      fds.push(listenUnix(listener as ListenUnixOptions));
      held.file = SocketFile.at(path);
    }
    return;
  }
  const wanted = reusePort === true && host !== undefined ? workers : 1;
  if (fds.length > wanted) {
    const reason = 'connections wait in the queue of each';
    throw invalidState(`the listener ${name} has ${fds.length} sockets for ${wanted} workers, and ${reason}`);
  }
  const options = { ...(listener as ListenTcpOptions) };
  if (host === undefined && fds.length === 0) {
    throw invalidState(`systemd has passed no socket named ${listener.fdName}`);
  }
  while (fds.length < wanted) {
    const [first] = fds;
    if (first !== undefined) options.port = (getsockname(first) as { port: number }).port; // it may have been 0
    fds.push(listenTcp(options));
  }
}

/** Removes the file of a server that was killed: nothing listens there. Any other file stays, for bind(2) to refuse. */
function removeLeftOver(path: string): void {
  if (path.startsWith('\0') || lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return;
  try {
    close(connectUnix({ path }));
  } catch (error) {
    if (!(error instanceof SystemError) || error.code !== 'ECONNREFUSED') return;
    unlinkSync(path);
  }
}
