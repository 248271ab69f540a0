// Starts a program, and waits for its end (Linux 5.4): node child.js <time limit in ms> <program> [arguments]
//
//   node child.js 5000 sh -c 'exit 3'
//
// What it shows: a process is an fd (pidfd), so its end is an event beside all others, and a signal by it cannot hit
// another process. What may change: anything. What must hold: WNOWAIT leaves the child to Node, which started it.
import { spawn } from 'node:child_process';
import { Interest, Reactor } from 'fdreactor';
import { type ChildState, constants, pidfd_open, pidfd_send_signal, waitid } from 'fdreactor/linux';
import { stopOnSignals } from './announce.js';

const [limitMs, program, ...args] = process.argv.slice(2);
if (program === undefined) throw new TypeError('usage: node child.js <time limit in ms> <program> [arguments]');
const reactor = new Reactor();
const child = spawn(program, args, { stdio: 'inherit' });
child.on('error', (error) => console.log(`${program}: ${error.message}`)); // it was not started

if (child.pid !== undefined) {
  const pidfd = pidfd_open(child.pid);
  let ended = false;
  const registration = reactor.register(pidfd, Interest.READABLE, () => {
    const state = waitid(constants.P_PIDFD, pidfd, constants.WEXITED | constants.WNOWAIT);
    if (state !== null) console.log(`${program}: ${inWords(state)}`);
    ended = true;
    reactor.stop();
  });
  reactor.setTimer(Number(limitMs), () => {
    console.log(`${program}: ${limitMs} ms are over`);
    pidfd_send_signal(pidfd, 'SIGKILL');
  });
  stopOnSignals(reactor);
  console.log(`${program}: started`);
  reactor.run();
  if (!ended) pidfd_send_signal(pidfd, 'SIGKILL'); // SIGINT or SIGTERM has ended run()
  registration.close();
}
reactor.close();

function inWords({ code, status }: ChildState): string {
  return code === constants.CLD_EXITED ? `exit code ${status}` : `ended by signal ${status}`;
}
