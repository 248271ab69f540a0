// A synchronous hang (a wait that should have ended, a call that should not have blocked) stops this whole process, the
// test runner's own time-outs included. So a small process outside waits for a sign of life and kills this one without it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { patience } from './patience.js';

/** Starts it; the function that comes back says that all went well, and waits until it is gone. */
export async function startWatchdog(seconds: number): Promise<() => Promise<void>> {
  const command = `timeout ${patience(seconds)} cat; [ $? -ne 124 ] || kill -9 ${process.pid}`;
  const dog = spawn('sh', ['-c', command], { stdio: ['pipe', 'ignore', 'inherit'] });
  await once(dog, 'spawn');
  dog.unref();
  return async () => {
    dog.ref();
    dog.stdin.end();
    await once(dog, 'close');
  };
}
