// A synchronous hang (a wait that should have ended, a call that should not have blocked) stops this whole process, the
// test runner's own time-outs included. So another process listens for signs of life and kills this process when there
// were none for long. How long a file takes as a whole does not matter.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { isWindows } from './platform.js';

const SIGN_OF_LIFE_MS = 1000;

/** bash's `read` answers with more than 128 when its time was up, with 1 at the end of the input. */
const script = (seconds: number): string => `
  while :; do
    read -r -t ${seconds} && continue
    [ $? -le 128 ] || kill -9 ${process.pid}
    exit
  done`;

async function startProcess(seconds: number): Promise<() => Promise<void>> {
  // Without the run-time of a sanitizer that was preloaded for Node: bash dies of that for threads.
  const { LD_PRELOAD: _, ...env } = process.env;
  const dog = spawn('bash', ['-c', script(seconds)], { env, stdio: ['pipe', 'ignore', 'inherit'] });
  await once(dog, 'spawn');
  dog.unref();
  const alive = setInterval(() => dog.stdin.write('\n'), SIGN_OF_LIFE_MS).unref();
  return async () => {
    clearInterval(alive);
    dog.ref();
    dog.stdin.end();
    await once(dog, 'close');
  };
}

/** A thread of its own loop: a hang of this one does not stop it. */
const body = (): string => `
  const { writeSync } = require('node:fs');
  const { workerData: { signs, limitMs } } = require('node:worker_threads');
  const [OVER, SIGN] = [0, 1];
  for (let seen = -1; ; ) {
    const sign = Atomics.load(signs, SIGN);
    if (sign === seen) {
      writeSync(2, 'the watchdog: no sign of life for ' + limitMs + ' ms\\n');
      process.kill(process.pid, 'SIGKILL');
    }
    seen = sign;
    if (Atomics.wait(signs, OVER, 0, limitMs) !== 'timed-out') break;
  }`;

async function startThread(seconds: number): Promise<() => Promise<void>> {
  const signs = new Int32Array(new SharedArrayBuffer(8));
  const dog = new Worker(body(), { eval: true, workerData: { signs, limitMs: seconds * 1000 } });
  await once(dog, 'online');
  dog.unref();
  const alive = setInterval(() => Atomics.add(signs, 1, 1), SIGN_OF_LIFE_MS).unref();
  return async () => {
    clearInterval(alive);
    dog.ref();
    const gone = once(dog, 'exit');
    Atomics.store(signs, 0, 1);
    Atomics.notify(signs, 0);
    await gone;
  };
}

/**
 * Starts it; the function that comes back says that all went well, and waits until it is gone. Windows has no bash, and
 * a process costs much there.
 */
export const startWatchdog: (seconds: number) => Promise<() => Promise<void>> = isWindows ? startThread : startProcess;
