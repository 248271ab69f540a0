// How long a test may wait, written as what it takes on a quiet machine with some room. Deadlines are stretched,
// because a test ends as soon as what it waits for has happened: a long deadline costs nothing unless the test fails,
// and a machine on which others work may stop a process for seconds.

import { underQemu } from './platform.js';

export const sanitized = process.env.FDREACTOR_SANITIZER !== undefined;

const STRETCH = sanitized || underQemu ? 20 : 5;

/**
 * A deadline, in whatever unit it is given, stretched for a busy machine and more where a sanitizer or qemu slows all
 * down.
 */
export function patience(time: number): number {
  return time * STRETCH;
}

/** Awaits a condition that other threads, processes or Node's own loop bring about. */
export async function eventually(what: string, condition: () => boolean, withinMs = 5000): Promise<void> {
  const end = performance.now() + patience(withinMs);
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
