// @ts-check
// Measures a turn that finds 100 ready fds, beside idle registrations. Prints JSON.
// usage: node idle-turn.mjs <registrations>
import { Interest, Reactor } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { median } from '../harness/stats.mjs';
import { measureWork } from './work.mjs';

const READY = 100;
const TURNS = 200;
const SAMPLES = 41;

const reactor = new Reactor();

/** @param {number} count an even number of fds @param {boolean} ready */
function register(count, ready) {
  for (let i = 0; i < count / 2; i++) {
    for (const fd of socket.socketpair()) {
      if (ready) socket.send(fd, Buffer.alloc(1));
      reactor.register(fd, Interest.READABLE, () => {});
    }
  }
}

function turns() {
  for (let i = 0; i < TURNS; i++) reactor.poll(0);
  return TURNS;
}

register(READY, true);
register(Number(process.argv[2]), false);
for (let i = 0; i < SAMPLES; i++) turns();
const samples = [];
for (let i = 0; i < SAMPLES; i++) samples.push((await measureWork(turns)).cpuSeconds / TURNS);
console.log(JSON.stringify({ cpuSeconds: median(samples) }));
process.exit(0);
