// What a Master refuses before it does anything.
import { Master, type MasterOptions } from 'fdreactor/master';
import { expect, test } from 'vitest';
import { caught } from '../helpers/throws.js';

/** The length of a list that no memory holds. */
const endless = Object.assign([], { length: 2 ** 32 - 1 });

const wrong: readonly [string, unknown, string][] = [
  ['worker', undefined, 'ERR_INVALID_ARG_TYPE'],
  ['worker', '', 'ERR_INVALID_ARG_VALUE'],
  ['worker', 'a\0b', 'ERR_INVALID_ARG_VALUE'],
  ['worker', new URL('http://host/worker.js'), 'ERR_INVALID_ARG_VALUE'],
  ['workers', 0, 'ERR_OUT_OF_RANGE'],
  ['workers', 1025, 'ERR_OUT_OF_RANGE'],
  ['workers', '2', 'ERR_INVALID_ARG_TYPE'],
  ['spare', -1, 'ERR_OUT_OF_RANGE'],
  ['maxGenerations', 1, 'ERR_OUT_OF_RANGE'],
  ['drainMs', -1, 'ERR_OUT_OF_RANGE'],
  ['drainMs', 2 ** 31, 'ERR_OUT_OF_RANGE'],
  ['readyMs', 0, 'ERR_OUT_OF_RANGE'],
  ['heartbeatMs', 9, 'ERR_OUT_OF_RANGE'],
  ['stopDelayMs', Number.NaN, 'ERR_OUT_OF_RANGE'],
  ['signals', 1, 'ERR_INVALID_ARG_TYPE'],
  ['pidFile', '', 'ERR_INVALID_ARG_VALUE'],
  ['stateFile', 5, 'ERR_INVALID_ARG_TYPE'],
  ['env', null, 'ERR_INVALID_ARG_TYPE'],
  ['listeners', 5, 'ERR_INVALID_ARG_TYPE'],
  ['listeners', { http: 5 }, 'ERR_INVALID_ARG_TYPE'],
  ['listeners', { http: {} }, 'ERR_INVALID_ARG_VALUE'],
  ['listeners', { http: { fdName: 5 } }, 'ERR_INVALID_ARG_TYPE'],
  ['args', 'one', 'ERR_INVALID_ARG_TYPE'],
  ['args', ['one', 2], 'ERR_INVALID_ARG_TYPE'],
  ['args', endless, 'ERR_INVALID_ARG_TYPE'],
  ['execArgv', endless, 'ERR_INVALID_ARG_TYPE'],
];

test.each(wrong)('the option %s, case %#', (name, value, code) => {
  const error = caught(() => new Master({ worker: './worker.js', [name]: value } as MasterOptions));
  expect(error.code).toBe(code);
  expect(error.message).toContain(`options.${name}`);
});
