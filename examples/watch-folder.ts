// Prints what changes in a folder (Linux): node watch-folder.js <folder>
//
//   node watch-folder.js /tmp        until SIGINT or SIGTERM
//
// What it shows: an inotify is an fd like any other, and one reusable buffer takes its events. It is attached and not
// run(), since Node writes to a full pipe only in its own loop. What may change: anything. What must hold: a turn reads
// a bounded number of events, a queue that has overflowed is said, and the end of the watched folder ends the program.
import { Interest, Reactor, WOULD_BLOCK } from 'fdreactor';
import { constants, InotifyEvents, inotify_add_watch, inotify_init1 } from 'fdreactor/linux';

const MAX_READS_PER_TURN = 16;
/** In the order in which they are looked for. */
const NAMES = {
  IN_CREATE: 'created',
  IN_DELETE: 'deleted',
  IN_CLOSE_WRITE: 'written',
  IN_ATTRIB: 'attributes changed',
  IN_MOVED_FROM: 'renamed from here',
  IN_MOVED_TO: 'renamed to here',
} as const;
const { IN_DELETE_SELF, IN_IGNORED, IN_ISDIR, IN_MOVE_SELF, IN_ONLYDIR, IN_Q_OVERFLOW } = constants;
const wanted = (Object.keys(NAMES) as (keyof typeof NAMES)[]).reduce((mask, name) => mask | constants[name], 0);

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new TypeError('usage: node watch-folder.js <folder>');
const reactor = new Reactor();
const events = new InotifyEvents();
const fd = inotify_init1();
inotify_add_watch(fd, folder, wanted | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);

const registration = reactor.register(fd, Interest.READABLE, () => {
  for (let reads = 0; reads < MAX_READS_PER_TURN; reads++) {
    const count = registration.active ? events.read(fd) : WOULD_BLOCK;
    if (count === WOULD_BLOCK) return;
    for (let i = 0; i < count; i++) tell(i);
  }
});

function tell(i: number): void {
  const mask = events.mask(i);
  if (mask & IN_Q_OVERFLOW) console.log('events were lost: look at the folder again');
  if (mask & (IN_IGNORED | IN_MOVE_SELF)) {
    console.log(`${folder}: gone`);
    stop();
  }
  const kind = mask & IN_ISDIR ? '/' : '';
  for (const [name, words] of Object.entries(NAMES)) {
    if ((mask & constants[name as keyof typeof NAMES]) === 0) continue;
    const pair = events.cookie(i) === 0 ? '' : ` (rename ${events.cookie(i)})`;
    console.log(`${events.name(i)}${kind}: ${words}${pair}`);
  }
}

/** Nothing is left to wait for, so the process ends by itself, once all is printed. */
function stop(): void {
  registration.close();
  reactor.close();
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) reactor.onSignal(signal, stop);
reactor.attach();
console.log(`${folder}: watching`);
