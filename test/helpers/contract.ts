// The contract tests are the same for every backend: contractTest() makes one test for each backend of this platform,
// each with a reactor of its own. A test that needs a facility names it in `needs` (needs.ts); where the platform does
// not have it the test is not made but listed, and refusals.test.ts holds that such a request is refused.
import { capabilities, type Handler, Reactor, type ReactorOptions, Ready } from 'fdreactor';
import { test } from 'vitest';
import { type Conditions, holds } from './needs.js';
import { dispose } from './owned.js';
import { patience } from './patience.js';
import { hasEpoll } from './platform.js';

type Backend = 'epoll' | 'kqueue' | 'iocp';
export interface Contract {
  backend: Backend;
  reactor: Reactor;
  newReactor(options?: ReactorOptions): Reactor;
}
interface ContractOptions extends Conditions {
  timeoutMs?: number;
}

export const backends = capabilities().backends as Backend[];

export function contractTest(
  name: string,
  body: (t: Contract) => void | Promise<void>,
  { timeoutMs = 20_000, ...conditions }: ContractOptions = {},
): void {
  if (!holds(name, conditions)) return;
  for (const backend of backends) {
    const newReactor: Contract['newReactor'] = (options = {}) => dispose(new Reactor({ backend, ...options }));
    test(`${backend}: ${name}`, () => body({ backend, newReactor, reactor: newReactor() }), patience(timeoutMs));
  }
}

/**
 * What tells that both directions were closed in order: for AFD (Windows) only a reset is a hang-up, and of kqueue's
 * filters each knows its own direction.
 */
export const bothClosed: number = hasEpoll ? Ready.HANGUP : Ready.READ_CLOSED;

/** A handler that only writes down what it is told. */
export function recorder<T>(): { handler: Handler<T>; ready: number[]; bits(): number } {
  const ready: number[] = [];
  const handler: Handler<T> = (bits) => {
    ready.push(bits);
  };
  return { handler, ready, bits: () => ready.reduce((all, bits) => all | bits, 0) };
}
