// A synchronous hang (a wait that should have ended, a call that should not have blocked) stops this whole process, the
// test runner's own time-outs included. So a small process outside listens for signs of life and kills this one when
// there were none for long. How long a file takes as a whole does not matter.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const SIGN_OF_LIFE_MS = 1000;

/** bash's `read` answers with more than 128 when its time was up, with 1 at the end of the input. */
const script = (seconds: number): string => `
  while :; do
    read -r -t ${seconds} && continue
    [ $? -le 128 ] || kill -9 ${process.pid}
    exit
  done`;

/** Starts it; the function that comes back says that all went well, and waits until it is gone. */
export async function startWatchdog(seconds: number): Promise<() => Promise<void>> {
  const dog = spawn('bash', ['-c', script(seconds)], { stdio: ['pipe', 'ignore', 'inherit'] });
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
