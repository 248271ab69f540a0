// The forms of arguments that connect() and listen() have in common: (options), (path), (port, host), and a callback
// last.

type Callback = (...args: unknown[]) => void;

/** Options and the callback, or null. */
export type Normalized = [options: Record<string, unknown>, callback: Callback | null];

const normalized = new WeakSet<object>();

export const isNormalized = (value: unknown): value is Normalized =>
  typeof value === 'object' && value !== null && normalized.has(value);

/** A number from 0, or false. */
export function toNumber(value: unknown): number | false {
  const number = Number(value);
  return number >= 0 ? number : false;
}

/** Whether it is the path of a Unix socket: a text that is no port. */
export const isPath = (value: unknown): value is string => typeof value === 'string' && toNumber(value) === false;

export function normalizeArgs(args: readonly unknown[]): Normalized {
  const result: Normalized = [optionsOf(args), null];
  const last = args.at(-1);
  if (typeof last === 'function') result[1] = last as Callback;
  normalized.add(result);
  return result;
}

function optionsOf(args: readonly unknown[]): Record<string, unknown> {
  const [first, second] = args;
  if (args.length === 0) return {};
  if (typeof first === 'object' && first !== null) return first as Record<string, unknown>;
  if (isPath(first)) return { path: first };
  return typeof second === 'string' ? { port: first, host: second } : { port: first };
}
