// Chooses the backend by what this build of the add-on has; a new backend is one line here.

import { UnsupportedError } from '../../base/errors.js';
import { native } from '../../native/table.js';
import type { Backend, BackendName } from '../backend.js';
import { EpollBackend } from './epoll.js';
import { IocpBackend } from './iocp.js';
import { KqueueBackend } from './kqueue.js';

type Make = (maxEvents: number) => Backend;

const BACKENDS: Record<BackendName, { isThere: boolean; make: Make }> = {
  epoll: { isThere: native.epoll !== undefined, make: (maxEvents) => new EpollBackend(maxEvents) },
  kqueue: { isThere: native.kqueue !== undefined, make: (maxEvents) => new KqueueBackend(maxEvents) },
  iocp: { isThere: native.port !== undefined, make: (maxEvents) => new IocpBackend(maxEvents) },
};

const NAMES: readonly BackendName[] = ['epoll', 'kqueue', 'iocp'];

/** The backends that this platform has, the default one first. */
export function availableBackends(): BackendName[] {
  return NAMES.filter((name) => BACKENDS[name].isThere);
}

export function isBackendName(name: unknown): name is BackendName {
  return NAMES.includes(name as BackendName);
}

export function openBackend(name: BackendName | undefined, maxEvents: number): Backend {
  const chosen = name ?? availableBackends()[0];
  if (chosen === undefined || !BACKENDS[chosen].isThere) {
    throw new UnsupportedError(name === undefined ? 'a Reactor' : `the ${name} backend`);
  }
  return BACKENDS[chosen].make(maxEvents);
}

/** What closes it. */
export function backendCloser(backend: Backend): () => void {
  return () => backend.close();
}
