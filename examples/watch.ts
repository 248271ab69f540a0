// Watches any fd that the kernel can poll: node watch.js [fd or path]...      (default: 0, standard input)
//
//   node watch.js                                   lines typed on the terminal, or from a pipe
//   node watch.js /dev/ttyUSB0 /dev/input/event0    a serial port, a keyboard
//   mkfifo /tmp/f; node watch.js /tmp/f             a named pipe
//   node watch.js /proc/self/mountinfo              tells when something was mounted or unmounted
//   node watch.js 3                                 an inotify, a timerfd, a pty ... that the parent process passed on
//
// What it shows: the reactor does not care what an fd is. What may change: anything.
import * as fs from 'node:fs';
import { Interest, Reactor, Ready, type Registration, SystemError, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { stopOnSignals } from './announce.js';

const reactor = new Reactor();
const buffer = Buffer.allocUnsafeSlow(64 * 1024);
let watching = 0;

function watch(name: string): void {
  // O_NONBLOCK: to open a FIFO must not wait for a writer.
  const fd = /^\d+$/.test(name) ? Number(name) : fs.openSync(name, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  // A file of /proc is always readable, which would be told without end; that it has changed is its PRIORITY.
  const interest = name.startsWith('/proc/') ? Interest.PRIORITY : Interest.READABLE;
  try {
    reactor.register(fd, interest, onReady, { data: name });
    watching++;
    console.log(`${name}: watching`);
  } catch (error) {
    if (!(error instanceof SystemError && error.code === 'EPERM')) throw error;
    console.log(`${name}: cannot be polled: a regular file or a directory is always ready`);
  }
}

function onReady(ready: number, registration: Registration<string>): void {
  if (ready & Ready.PRIORITY) {
    console.log(`${registration.data}: changed`);
    return;
  }
  const what = readSome(registration.fd);
  console.log(`${registration.data}: ${what.text}`);
  if (!what.ended) return;
  registration.deregister();
  if (--watching === 0) reactor.stop();
}

/** One read: level mode comes back when that was not all. */
function readSome(fd: number): { text: string; ended: boolean } {
  try {
    const length = socket.read(fd, buffer);
    if (length === WOULD_BLOCK) return { text: 'nothing to read', ended: false };
    if (length === 0) return { text: 'end', ended: true };
    return {
      text: `${length} bytes: ${JSON.stringify(buffer.toString('latin1', 0, Math.min(length, 64)))}`,
      ended: false,
    };
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return { text: `end: ${error.code}`, ended: true }; // EIO: the other side of a pty was closed
  }
}

for (const name of process.argv.length > 2 ? process.argv.slice(2) : ['0']) watch(name);
if (watching > 0) {
  stopOnSignals(reactor);
  reactor.run();
}
reactor.close();
