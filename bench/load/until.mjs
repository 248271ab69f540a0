// @ts-check
// Waits for what a bench cannot be told by an event: the children of a server, the answers of clients that never stop.
import { setTimeout as delay } from 'node:timers/promises';

const LOOK_MS = 20;

/** Resolves to whether it has held within the time. @param {number} timeoutMs @param {() => boolean} holds */
export async function until(timeoutMs, holds) {
  for (const end = performance.now() + timeoutMs; !holds(); ) {
    if (performance.now() > end) return false;
    await delay(LOOK_MS);
  }
  return true;
}
