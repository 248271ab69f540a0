// Promises and run(): a promise goes on only when run() has returned, so a wait inside it would be one for ever.
import { invalidState } from '../base/errors.js';
import { isRunning, type Reactor } from '../reactor/reactor.js';

/**
 * Called where a wait begins that a later turn ends.
 *
 * @throws ERR_INVALID_STATE inside run(); TypeError ERR_INVALID_ARG_TYPE if it is not a Reactor
 */
export function checkNotRunning(reactor: Reactor): void {
  if (isRunning(reactor)) throw promisesRest();
}

/** ERR_INVALID_STATE: what is awaited inside run() never comes. */
export function promisesRest(): Error {
  return invalidState('await inside run(): no promise goes on before run() returns; use attach(), or poll()');
}
