// The list of backends. A new backend is one file beside this one, and one line here.

import { UnsupportedError } from '../../base/errors.js';
import type { Backend, BackendKind } from '../backend.js';
import { epoll } from './epoll.js';
import { iocp } from './iocp.js';
import { kqueue } from './kqueue.js';

const KINDS = [
  epoll, // Linux
  kqueue, // macOS and the BSDs
  iocp, // Windows
] as const;

/**
 * The facilities of the kernel that a Reactor can use: `'epoll'` (epoll(7), Linux), `'kqueue'` (kqueue(2), macOS and
 * the BSDs) or `'iocp'` (completion ports, Windows).
 */
export type BackendName = (typeof KINDS)[number]['name'];

/** All backends, the preferred one first. A test adds one that it scripts (test/backends/scripted-backend.ts). */
export const BACKENDS: BackendKind[] = [...KINDS];

/** The backends that this platform has, the default one first. */
export function availableBackends(): BackendKind[] {
  return BACKENDS.filter((kind) => kind.available);
}

export function isBackendName(name: unknown): name is BackendName {
  return BACKENDS.some((kind) => kind.name === name);
}

export function openBackend(name: BackendName | undefined, maxEvents: number): Backend {
  const chosen = availableBackends().find((kind) => name === undefined || kind.name === name);
  if (chosen === undefined) throw new UnsupportedError(name === undefined ? 'a Reactor' : `the ${name} backend`);
  return chosen.open(maxEvents);
}

/** What closes it. */
export function backendCloser(backend: Backend): () => void {
  return () => backend.close();
}
