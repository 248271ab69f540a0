// Chooses the backend. The one place in lib/ that asks which platform this is; a new backend is one line here.
import type { Backend, BackendName } from '../backend.js';
import { UnsupportedError } from '../errors.js';
import { EpollBackend } from './epoll.js';
import { IocpBackend } from './iocp.js';

type Make = (maxEvents: number) => Backend;

const BACKENDS: Partial<Record<BackendName, { platforms: readonly string[]; make: Make }>> = {
  epoll: { platforms: ['linux', 'android'], make: (maxEvents) => new EpollBackend(maxEvents) },
  iocp: { platforms: ['win32'], make: (maxEvents) => new IocpBackend(maxEvents) },
};

const NAMES: readonly BackendName[] = ['epoll', 'kqueue', 'iocp'];

/** The backends that this platform has, the default one first. */
export function availableBackends(): BackendName[] {
  return NAMES.filter((name) => BACKENDS[name]?.platforms.includes(process.platform));
}

export function isBackendName(name: unknown): name is BackendName {
  return NAMES.includes(name as BackendName);
}

export function openBackend(name: BackendName | undefined, maxEvents: number): Backend {
  const chosen = name ?? availableBackends()[0];
  const backend = chosen !== undefined && availableBackends().includes(chosen) ? BACKENDS[chosen] : undefined;
  if (backend === undefined) throw new UnsupportedError(name === undefined ? 'a Reactor' : `the ${name} backend`);
  return backend.make(maxEvents);
}

/** What closes it. */
export function backendCloser(backend: Backend): () => void {
  return () => backend.close();
}
