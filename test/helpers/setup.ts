// Runs around every test file: closes what each test left, then checks that the file has leaked no descriptor and
// closed none that was not its own. What Node opens lazily is opened before the first look.
import { afterAll, afterEach, beforeAll } from 'vitest';
import { differences, type OpenThings, openThings, warmUp } from './open-fds.js';
import { cleanUp } from './owned.js';
import { eventually, patience } from './patience.js';
import { startWatchdog } from './watchdog.js';

/** No test blocks this process longer than a fraction of that. */
const LONGEST_SILENCE_SECONDS = 100;

let before: OpenThings;
let callOff: () => Promise<void>;

beforeAll(async () => {
  callOff = await startWatchdog(patience(LONGEST_SILENCE_SECONDS));
  await warmUp();
  before = openThings();
});

afterEach(() => cleanUp());

afterAll(async () => {
  try {
    await checkFds();
  } finally {
    await callOff();
  }
});

async function checkFds(): Promise<void> {
  let found: string[] = [];
  const clean = (): boolean => {
    found = differences(before, openThings());
    return found.length === 0;
  };
  await eventually('no leaked descriptors', clean, 2000).catch(() => {
    throw new Error(`descriptors are not what they were before this file:\n  ${found.join('\n  ')}`);
  });
}
