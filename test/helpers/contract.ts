// The contract tests are the same for every backend: contractTest() makes one test for each backend of this platform, each
// with a reactor of its own. A test that needs a facility names it in `needs`; where the platform does not have it the
// test is not made, and refusals.test.ts holds that such a request is refused.
import { type Capabilities, capabilities, type Handler, Reactor } from 'fdreactor';
import { test } from 'vitest';
import { dispose } from './owned.js';
import { patience } from './patience.js';

type Backend = 'epoll' | 'kqueue' | 'iocp';
export interface Contract {
  backend: Backend;
  reactor: Reactor;
  newReactor(options?: { maxEvents?: number }): Reactor;
}
interface ContractOptions {
  needs?: keyof Capabilities;
  timeoutMs?: number;
}

export const backends = capabilities().backends as Backend[];

export function contractTest(
  name: string,
  body: (t: Contract) => void | Promise<void>,
  { needs, timeoutMs = 20_000 }: ContractOptions = {},
): void {
  if (needs !== undefined && capabilities()[needs] === false) return;
  for (const backend of backends) {
    const newReactor: Contract['newReactor'] = (options = {}) => dispose(new Reactor({ backend, ...options }));
    test(`${backend}: ${name}`, () => body({ backend, newReactor, reactor: newReactor() }), patience(timeoutMs));
  }
}

/** A handler that only writes down what it is told. */
export function recorder<T>(): { handler: Handler<T>; ready: number[]; bits(): number } {
  const ready: number[] = [];
  const handler: Handler<T> = (bits) => {
    ready.push(bits);
  };
  return { handler, ready, bits: () => ready.reduce((all, bits) => all | bits, 0) };
}
