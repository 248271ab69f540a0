// Calls whose outcome the model knows before: what they return, or with which code they fail.

/** @typedef {{ value?: any, error?: any }} Outcome */

/** @param {() => unknown} call @returns {Outcome} */
export function attempt(call) {
  try {
    return { value: call() };
  } catch (error) {
    return { error };
  }
}

/** In words, for the log. @param {Outcome} outcome */
export function said({ value, error }) {
  if (error !== undefined) return `throws ${error.code ?? error}`;
  return typeof value === 'object' || value === undefined ? 'done' : String(value);
}

/**
 * Makes the call, writes it down, and holds its outcome against what is expected: nothing but success, or one of the
 * codes.
 * @param {import('./world.mjs').World} world @param {string} name @param {() => unknown} call @param {readonly
 * string[]} [codes]
 * @returns {Outcome}
 */
export function perform(world, name, call, codes = []) {
  const at = world.log.length;
  world.note(name);
  const outcome = attempt(call);
  world.log[at] += `: ${said(outcome)}`;
  if (world.failure !== null) throw world.failure;
  const { error } = outcome;
  if (error === undefined) {
    world.check(codes.length === 0 || codes.includes('nothing'), () => `${name} did not throw ${codes}`);
  } else {
    world.check(codes.includes(error.code), () => `${name} threw ${error.stack ?? error}`);
  }
  return outcome;
}

/** What a connection that the peer has ended may answer to any call that moves data. */
export const CONNECTION_ERRORS = [
  'nothing',
  'ECONNRESET',
  'EPIPE',
  'ENOTCONN',
  'ECONNREFUSED',
  'ECONNABORTED',
  'ETIMEDOUT',
];
