// The contract of a backend: what the Reactor needs of a kernel's readiness facility, and nothing more.
//
// A registration is a slot (index into the reactor's table) and a generation (which one of those that had that slot). Both
// go into the kernel's user-data word and come back with each event, so that an event of an earlier owner of a slot is
// recognised and dropped. The fd is never an identity: its number may belong to somebody else by now.
//
//   register    Starts watching. After a failure nothing is watched. EEXIST: this fd is watched already;
//               EPERM: a file that cannot be polled. Each throws SystemError.
//   modify      New interest; re-arms a oneshot that has fired. What is so already is told again.
//   quiet       The peer's half-close was told to a registration that did not ask to read: not again until modify().
//               Without it a level-triggered wait would return at once for as long as the user does not read.
//   deregister  Stops watching.
//               For both, that the fd is closed or unknown by now is no error: the kernel has forgotten it.
//   wait        Blocks for at most timeoutMs (-1: no limit, 0: not at all) and not beyond deadlineMs (Infinity: none),
//               then returns how many events there are. EINTR is retried with what remains. May return 0 early when
//               the host needs its thread.
//   slot(i), generation(i), ready(i)
//               The i-th event of the last wait, until the next one. A slot below 0 is the backend's own event:
//   deliverOwn  Does what that event is for, and returns how many handlers it ran. What they throw goes through.
//   watchOwn, unwatchOwn
//               Watches the source of a waker or a signal (native/sys/waker.h): each ring is an event of the slot, READABLE.
//   hasPending  Whether something of the user's beside registrations can still bring an event (an overlapped operation).
//   flush       Before the host waits in our place: tells the kernel what the next wait() would tell it.
//   times       At CLOCK the monotonic clock at the end of the last wait or stamp(), at WAITED how long that wait took, in
//               milliseconds (event-batch.ts). An array, because a number that is handed around becomes an object.
//   watchHost   From now on a blocking wait returns when the host's event loop has something to do, so that
//               worker.terminate() and process.exit() find a thread that listens. False where there is no such thing;
//               the caller then cuts its waits into slices. unwatchHost() undoes it.
//   hostIsBehind
//               Whether the host waits for its thread already, or has something to watch that watchHost() does not hear of
//               before the host's next turn: then a wait by a caller who may let it have that turn must not be long.
//   fd          What the host's loop can nest to drive this backend (attach).
//   close       Gives all of it back. Registered fds stay open.
import type { Mode } from './interest.js';

/** The facilities of the kernel that a Reactor can use: epoll(7) of Linux, kqueue(2) of macOS and the BSDs, completion ports of Windows. */
export type BackendName = 'epoll' | 'kqueue' | 'iocp';

export interface Backend {
  readonly name: BackendName;
  readonly fd: number;
  readonly times: Float64Array;
  register(fd: number, slot: number, generation: number, interest: number, mode: Mode): void;
  modify(fd: number, slot: number, generation: number, interest: number, mode: Mode): void;
  quiet(fd: number, slot: number, generation: number, interest: number): void;
  deregister(fd: number): void;
  watchOwn(source: number, slot: number, generation: number): void;
  unwatchOwn(source: number): void;
  wait(timeoutMs: number, deadlineMs: number): number;
  slot(index: number): number;
  generation(index: number): number;
  ready(index: number): number;
  deliverOwn(index: number): number;
  hasPending(): boolean;
  flush(): void;
  stamp(): void;
  watchHost(): boolean;
  hostIsBehind(): boolean;
  unwatchHost(): void;
  close(): void;
}
