// A promise and the functions that settle it. The functions go by two variables of the module, so that no closure is
// made for them.

let resolveOf: (value: never) => void;
let rejectOf: (error: unknown) => void;

function hold(resolve: (value: never) => void, reject: (error: unknown) => void): void {
  resolveOf = resolve;
  rejectOf = reject;
}

/** Makes a promise; take its functions at once. */
export function newPromise<T>(): Promise<T> {
  return new Promise<T>(hold as (resolve: (value: T) => void, reject: (error: unknown) => void) => void);
}

/** What resolves the promise that newPromise() made last. */
export function lastResolve<T>(): (value: T) => void {
  return resolveOf as (value: T) => void;
}

/** What rejects it. */
export function lastReject(): (error: unknown) => void {
  return rejectOf;
}

/** All three in one object. */
export class Deferred<T> {
  readonly promise = newPromise<T>();
  readonly resolve = lastResolve<T>();
  readonly reject = lastReject();
}
