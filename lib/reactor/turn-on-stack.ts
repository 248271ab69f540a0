// Tells whether a turn is under way, by the stack. A termination (a vm time-out, Ctrl-C in a REPL) unwinds a turn
// without running its `finally` blocks, so a variable that says "in a turn" may be left behind. It is asked only where
// that variable says so and a call would be refused for it.
import { Dispatcher } from './dispatcher.js';

const TURN = Dispatcher.prototype.runTurn.name;

/** Whether the turn of some reactor is on the stack of this call. */
export function isTurnOnStack(): boolean {
  const { stackTraceLimit, prepareStackTrace } = Error;
  // By Reflect: under --frozen-intrinsics an assignment would throw. Then the limit is Node's.
  Reflect.set(Error, 'stackTraceLimit', Number.POSITIVE_INFINITY);
  Reflect.set(Error, 'prepareStackTrace', undefined);
  const { stack } = new Error('where');
  Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  Reflect.set(Error, 'prepareStackTrace', prepareStackTrace);
  return typeof stack === 'string' && stack.includes(TURN);
}
