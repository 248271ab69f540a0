// The numbers of <sys/event.h> by their own names (kqueue(2)); each is undefined where the system does not have it. Exported
// as a part of fdreactor/kqueue. A test compares the names with the native table (native/sys/kqueue/constants_kqueue.cc).
import { native } from '../../native/table.js';

const constants: Readonly<Record<string, number>> = native.constants.kqueue ?? {};
const constant = (name: string): number => constants[name] as number;

/** Filter: there is something to read; ident is an fd, data how much. */
export const EVFILT_READ: number = constant('EVFILT_READ');
/** Filter: there is room to write; ident is an fd, data how much. */
export const EVFILT_WRITE: number = constant('EVFILT_WRITE');
/** Filter: an exceptional condition, such as out-of-band data (NOTE_OOB). macOS, OpenBSD. */
export const EVFILT_EXCEPT: number = constant('EVFILT_EXCEPT');
/** Filter: the socket has sent all. FreeBSD, NetBSD. */
export const EVFILT_EMPTY: number = constant('EVFILT_EMPTY');
/** Filter: asynchronous I/O; armed by aio_read(2) and its like. */
export const EVFILT_AIO: number = constant('EVFILT_AIO');
/** Filter: changes of a file, see the NOTE_ bits of vnodes; ident is its fd. */
export const EVFILT_VNODE: number = constant('EVFILT_VNODE');
/** Filter: what a process does; ident is its pid. */
export const EVFILT_PROC: number = constant('EVFILT_PROC');
/** Filter: as EVFILT_PROC for a process descriptor. FreeBSD. */
export const EVFILT_PROCDESC: number = constant('EVFILT_PROCDESC');
/** Filter: a signal came, whatever is done with it; ident is its number, data how often. */
export const EVFILT_SIGNAL: number = constant('EVFILT_SIGNAL');
/** Filter: a timer; ident is any number, data its period in milliseconds or in the unit of a NOTE_. */
export const EVFILT_TIMER: number = constant('EVFILT_TIMER');
/** Filter: triggered by NOTE_TRIGGER; ident is any number. Not on OpenBSD. */
export const EVFILT_USER: number = constant('EVFILT_USER');
/** Filter: mounted and unmounted file systems. */
export const EVFILT_FS: number = constant('EVFILT_FS');
/** Filter: messages of a Mach port set. macOS. */
export const EVFILT_MACHPORT: number = constant('EVFILT_MACHPORT');
/** Filter: pressure on memory. macOS. */
export const EVFILT_VM: number = constant('EVFILT_VM');
/** Filter: lio_listio(2). FreeBSD. */
export const EVFILT_LIO: number = constant('EVFILT_LIO');
/** Filter: sendfile(2) of the kernel itself. FreeBSD. */
export const EVFILT_SENDFILE: number = constant('EVFILT_SENDFILE');
/** Filter: changes of a device. OpenBSD. */
export const EVFILT_DEVICE: number = constant('EVFILT_DEVICE');
/** Add the event, or change the one that is there. Enables it unless EV_DISABLE is given. */
export const EV_ADD: number = constant('EV_ADD');
/** Take it out. Closing its fd does so too. */
export const EV_DELETE: number = constant('EV_DELETE');
/** Report it again, after EV_DISABLE or EV_DISPATCH. */
export const EV_ENABLE: number = constant('EV_ENABLE');
/** Keep it, but do not report it. */
export const EV_DISABLE: number = constant('EV_DISABLE');
/** Report it once, then take it out. */
export const EV_ONESHOT: number = constant('EV_ONESHOT');
/** Report it when it changes, not as long as it is so. */
export const EV_CLEAR: number = constant('EV_CLEAR');
/** Answer this change with an event of its own: EV_ERROR, and the errno or 0 in data. */
export const EV_RECEIPT: number = constant('EV_RECEIPT');
/** Report it once, then disable it. */
export const EV_DISPATCH: number = constant('EV_DISPATCH');
/** EV_DISPATCH with EV_UDATA_SPECIFIC. macOS. */
export const EV_DISPATCH2: number = constant('EV_DISPATCH2');
/** Different udata makes a different event. macOS. */
export const EV_UDATA_SPECIFIC: number = constant('EV_UDATA_SPECIFIC');
/** Report that the source of the event is gone. macOS. */
export const EV_VANISHED: number = constant('EV_VANISHED');
/** Report it although its condition does not hold. FreeBSD. */
export const EV_FORCEONESHOT: number = constant('EV_FORCEONESHOT');
/** A change leaves udata as it is. FreeBSD. */
export const EV_KEEPUDATA: number = constant('EV_KEEPUDATA');
/** For the filter. */
export const EV_FLAG0: number = constant('EV_FLAG0');
/** For the filter. */
export const EV_FLAG1: number = constant('EV_FLAG1');
/** For the filter. */
export const EV_FLAG2: number = constant('EV_FLAG2');
/** There is out-of-band data. macOS. */
export const EV_OOBAND: number = constant('EV_OOBAND');
/** For poll(2). macOS. */
export const EV_POLL: number = constant('EV_POLL');
/** The bits that the system keeps to itself. */
export const EV_SYSFLAGS: number = constant('EV_SYSFLAGS');
/** Reported: the end; of a socket, fflags is then its error. */
export const EV_EOF: number = constant('EV_EOF');
/** Reported: this change has failed, data is the errno. */
export const EV_ERROR: number = constant('EV_ERROR');
/** EVFILT_USER: trigger it. */
export const NOTE_TRIGGER: number = constant('NOTE_TRIGGER');
/** EVFILT_USER: leave its bits as they are. */
export const NOTE_FFNOP: number = constant('NOTE_FFNOP');
/** EVFILT_USER: AND the given bits with its own. */
export const NOTE_FFAND: number = constant('NOTE_FFAND');
/** EVFILT_USER: OR the given bits with its own. */
export const NOTE_FFOR: number = constant('NOTE_FFOR');
/** EVFILT_USER: take the given bits. */
export const NOTE_FFCOPY: number = constant('NOTE_FFCOPY');
/** EVFILT_USER: which bits say what to do. */
export const NOTE_FFCTRLMASK: number = constant('NOTE_FFCTRLMASK');
/** EVFILT_USER: which bits are the user's own. */
export const NOTE_FFLAGSMASK: number = constant('NOTE_FFLAGSMASK');
/** EVFILT_READ, EVFILT_WRITE: data is the low-water mark. */
export const NOTE_LOWAT: number = constant('NOTE_LOWAT');
/** EVFILT_EXCEPT: out-of-band data. */
export const NOTE_OOB: number = constant('NOTE_OOB');
/** EVFILT_READ: report the end of a file. OpenBSD. */
export const NOTE_EOF: number = constant('NOTE_EOF');
/** EVFILT_READ: files are always ready, as with poll(2). FreeBSD. */
export const NOTE_FILE_POLL: number = constant('NOTE_FILE_POLL');
/** EVFILT_VNODE: it was unlinked. */
export const NOTE_DELETE: number = constant('NOTE_DELETE');
/** EVFILT_VNODE: it was written to. */
export const NOTE_WRITE: number = constant('NOTE_WRITE');
/** EVFILT_VNODE: it has grown; of a directory, an entry came or went. */
export const NOTE_EXTEND: number = constant('NOTE_EXTEND');
/** EVFILT_VNODE: its attributes have changed. */
export const NOTE_ATTRIB: number = constant('NOTE_ATTRIB');
/** EVFILT_VNODE: its number of links has changed. */
export const NOTE_LINK: number = constant('NOTE_LINK');
/** EVFILT_VNODE: it was renamed. */
export const NOTE_RENAME: number = constant('NOTE_RENAME');
/** EVFILT_VNODE: access was revoked, or its file system unmounted. */
export const NOTE_REVOKE: number = constant('NOTE_REVOKE');
/** EVFILT_VNODE: it was truncated. OpenBSD. */
export const NOTE_TRUNCATE: number = constant('NOTE_TRUNCATE');
/** EVFILT_VNODE: it was opened. FreeBSD, NetBSD. */
export const NOTE_OPEN: number = constant('NOTE_OPEN');
/** EVFILT_VNODE: it was closed, and was not open for writing. FreeBSD, NetBSD. */
export const NOTE_CLOSE: number = constant('NOTE_CLOSE');
/** EVFILT_VNODE: it was closed, and was open for writing. FreeBSD, NetBSD. */
export const NOTE_CLOSE_WRITE: number = constant('NOTE_CLOSE_WRITE');
/** EVFILT_VNODE: it was read. FreeBSD, NetBSD. */
export const NOTE_READ: number = constant('NOTE_READ');
/** EVFILT_VNODE: it was unlocked by flock(2). macOS. */
export const NOTE_FUNLOCK: number = constant('NOTE_FUNLOCK');
/** EVFILT_VNODE: for testing. macOS. */
export const NOTE_NONE: number = constant('NOTE_NONE');
/** EVFILT_VNODE: a lease is to be downgraded. macOS. */
export const NOTE_LEASE_DOWNGRADE: number = constant('NOTE_LEASE_DOWNGRADE');
/** EVFILT_VNODE: a lease is to be released. macOS. */
export const NOTE_LEASE_RELEASE: number = constant('NOTE_LEASE_RELEASE');
/** EVFILT_PROC: it has ended; data is its status where the system gives it. */
export const NOTE_EXIT: number = constant('NOTE_EXIT');
/** EVFILT_PROC: it has forked. */
export const NOTE_FORK: number = constant('NOTE_FORK');
/** EVFILT_PROC: it has called exec. */
export const NOTE_EXEC: number = constant('NOTE_EXEC');
/** EVFILT_PROC: it got a signal. macOS. */
export const NOTE_SIGNAL: number = constant('NOTE_SIGNAL');
/** EVFILT_PROC: with NOTE_EXIT, give its status. macOS. */
export const NOTE_EXITSTATUS: number = constant('NOTE_EXITSTATUS');
/** EVFILT_PROC: with NOTE_EXIT, say why. macOS. */
export const NOTE_EXIT_DETAIL: number = constant('NOTE_EXIT_DETAIL');
/** EVFILT_PROC: where NOTE_EXIT_DETAIL says why. macOS. */
export const NOTE_EXIT_DETAIL_MASK: number = constant('NOTE_EXIT_DETAIL_MASK');
/** EVFILT_PROC: its pages could not be decrypted. macOS. */
export const NOTE_EXIT_DECRYPTFAIL: number = constant('NOTE_EXIT_DECRYPTFAIL');
/** EVFILT_PROC: it was ended for the want of memory. macOS. */
export const NOTE_EXIT_MEMORY: number = constant('NOTE_EXIT_MEMORY');
/** EVFILT_PROC: its code signature was not valid. macOS. */
export const NOTE_EXIT_CSERROR: number = constant('NOTE_EXIT_CSERROR');
/** EVFILT_PROC: it was reaped. Deprecated. macOS. */
export const NOTE_REAP: number = constant('NOTE_REAP');
/** EVFILT_PROC: which bits hold a pid or a status. */
export const NOTE_PDATAMASK: number = constant('NOTE_PDATAMASK');
/** EVFILT_PROC: which bits say what is watched. */
export const NOTE_PCTRLMASK: number = constant('NOTE_PCTRLMASK');
/** EVFILT_PROC: follow it across fork. */
export const NOTE_TRACK: number = constant('NOTE_TRACK');
/** EVFILT_PROC: a child could not be followed. */
export const NOTE_TRACKERR: number = constant('NOTE_TRACKERR');
/** EVFILT_PROC: the first event of a child that is followed. */
export const NOTE_CHILD: number = constant('NOTE_CHILD');
/** EVFILT_DEVICE: the device has changed. OpenBSD. */
export const NOTE_CHANGE: number = constant('NOTE_CHANGE');
/** EVFILT_TIMER: data is in seconds. */
export const NOTE_SECONDS: number = constant('NOTE_SECONDS');
/** EVFILT_TIMER: data is in milliseconds. FreeBSD, NetBSD, OpenBSD. */
export const NOTE_MSECONDS: number = constant('NOTE_MSECONDS');
/** EVFILT_TIMER: data is in microseconds. */
export const NOTE_USECONDS: number = constant('NOTE_USECONDS');
/** EVFILT_TIMER: data is in nanoseconds. */
export const NOTE_NSECONDS: number = constant('NOTE_NSECONDS');
/** EVFILT_TIMER: data is a moment, not a period. macOS. */
export const NOTE_ABSOLUTE: number = constant('NOTE_ABSOLUTE');
/** EVFILT_TIMER: data is a moment, not a period. FreeBSD, NetBSD, OpenBSD. */
export const NOTE_ABSTIME: number = constant('NOTE_ABSTIME');
/** EVFILT_TIMER: how late it may be. macOS. */
export const NOTE_LEEWAY: number = constant('NOTE_LEEWAY');
/** EVFILT_TIMER: as precise as possible. macOS. */
export const NOTE_CRITICAL: number = constant('NOTE_CRITICAL');
/** EVFILT_TIMER: may be late. macOS. */
export const NOTE_BACKGROUND: number = constant('NOTE_BACKGROUND');
/** EVFILT_TIMER: data is in Mach's units. macOS. */
export const NOTE_MACHTIME: number = constant('NOTE_MACHTIME');
/** EVFILT_TIMER: goes on while the machine sleeps. macOS. */
export const NOTE_MACH_CONTINUOUS_TIME: number = constant('NOTE_MACH_CONTINUOUS_TIME');
/** EVFILT_VM: there is pressure on memory. macOS. */
export const NOTE_VM_PRESSURE: number = constant('NOTE_VM_PRESSURE');
/** EVFILT_VM: ends under pressure. macOS. */
export const NOTE_VM_PRESSURE_TERMINATE: number = constant('NOTE_VM_PRESSURE_TERMINATE');
/** EVFILT_VM: ends at once under pressure. macOS. */
export const NOTE_VM_PRESSURE_SUDDEN_TERMINATE: number = constant('NOTE_VM_PRESSURE_SUDDEN_TERMINATE');
/** EVFILT_VM: there was an error. macOS. */
export const NOTE_VM_ERROR: number = constant('NOTE_VM_ERROR');
