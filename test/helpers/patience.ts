// How long a test may wait. Deadlines are generous, and more so under a sanitizer, because a test ends as soon as what
// it waits for has happened: a long deadline costs nothing unless the test fails.

export const sanitized = process.env.FDREACTOR_SANITIZER !== undefined;

/** A deadline in milliseconds, stretched where the process runs many times slower. */
export function patience(ms: number): number {
  return sanitized ? ms * 8 : ms;
}

/** Awaits a condition that other threads, processes or Node's own loop bring about. */
export async function eventually(what: string, condition: () => boolean, withinMs = 5000): Promise<void> {
  const end = performance.now() + patience(withinMs);
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
