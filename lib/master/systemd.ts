// systemd's protocols for services: sockets that it passes (sd_listen_fds(3)), messages to it (sd_notify(3)), and its
// watchdog. Exported as a part of fdreactor/master; nothing here needs a Master.
import { checkInteger, checkObject } from '../base/arguments.js';
import { invalidState, invalidType, invalidValue, SystemError, WOULD_BLOCK } from '../base/errors.js';
import { native } from '../native/table.js';
import { close, connect, socket } from '../socket/calls.js';
import { send } from '../socket/data.js';
import { sendFds } from '../socket/fd-passing.js';
import { checkPassesFds } from '../socket/message-fields.js';
import { ensureNonBlocking } from '../socket/non-blocking.js';
import { LISTENING } from './environment.js';

const { AF_UNIX, SOCK_DGRAM } = native.constants.socket;
const { EAGAIN } = native.constants.error;
/** SD_LISTEN_FDS_START */
const FIRST_FD = 3;
const MOST_FDS = 2 ** 20;

/** A socket that systemd has passed. */
export interface ListenFd {
  /** The fd: non-blocking, and yours to close. */
  fd: number;
  /** `FileDescriptorName=` of the socket unit; 'unknown' if it has no name. Several may have the same. */
  name: string;
}

/**
 * The sockets that systemd, or `systemd-socket-activate`, has passed to this process: LISTEN_FDS and LISTEN_FDNAMES
 * (sd_listen_fds_with_names(3)). They are for this process only if LISTEN_PID is its number. The variables are then
 * removed, so that no child takes them for its own, and a second call returns none. A blocking socket becomes
 * non-blocking.
 *
 * A datagram socket, a FIFO or a file of the fd store comes in the same way.
 *
 * @returns what was passed, in the order of the unit; none if nothing was
 * @throws ERR_INVALID_STATE for variables that systemd would not have set; SystemError EBADF if an fd is not there;
 * UnsupportedError on Windows, if something was passed
 */
export function listenFds(): ListenFd[] {
  const { LISTEN_FDS: count, LISTEN_PID: pid, LISTEN_FDNAMES: names } = process.env;
  for (const name of LISTENING) delete process.env[name];
  if (count === undefined || pid === undefined || number(pid, 'LISTEN_PID') !== process.pid) return [];
  checkPassesFds('listenFds');
  const words = names === undefined || names === '' ? [] : names.split(':');
  const length = number(count, 'LISTEN_FDS');
  if (length > MOST_FDS) throw invalidState(`LISTEN_FDS is ${count}`);
  if (words.length > 0 && words.length !== length) {
    throw invalidState(`LISTEN_FDNAMES has ${words.length} names, and LISTEN_FDS is ${count}`);
  }
  const passed = Array.from({ length }, (_, i) => ({ fd: FIRST_FD + i, name: words[i] ?? 'unknown' }));
  for (const { fd } of passed) ensureNonBlocking(fd);
  return passed;
}

/** What `notify()` tells systemd; the manual page has all: sd_notify(3). */
export interface NotifyFields {
  /** 1: the service has started, or has reloaded. */
  READY?: 1;
  /** 1: it reloads. `notify()` adds the time that systemd asks for (MONOTONIC_USEC). READY follows. */
  RELOADING?: 1;
  /** 1: it stops. */
  STOPPING?: 1;
  /** A line for `systemctl status`. */
  STATUS?: string;
  /** The number of an error, where the service failed. */
  ERRNO?: number;
  /** The number of the process that is the main one from now on. */
  MAINPID?: number;
  /** 1: it is alive, see `watchdogMs()`. 'trigger': act as if it were not. */
  WATCHDOG?: 1 | 'trigger';
  /** Another time for the watchdog, in microseconds. */
  WATCHDOG_USEC?: number;
  /** So many microseconds more for the start, the reload or the stop. */
  EXTEND_TIMEOUT_USEC?: number;
  /** 1: keep the fds, and pass them at the next start (`FileDescriptorStoreMax=`). */
  FDSTORE?: 1;
  /** 1: forget the fds of FDNAME. */
  FDSTOREREMOVE?: 1;
  /** The name of the fds, which `listenFds()` tells then. */
  FDNAME?: string;
  /** 0: keep the fds although they are closed at the other end. */
  FDPOLL?: 0;
  /** Others, by the names of systemd. */
  [name: string]: string | number | undefined;
}

/**
 * Tells systemd something (sd_notify(3)): one datagram to the socket that NOTIFY_SOCKET names, a path or an abstract
 * name (`@`). It never waits.
 *
 * @param fields at least one, none with a line feed
 * @param fds are passed along, for `FDSTORE`: duplicates; at most 253; none by default
 * @returns false if there is no NOTIFY_SOCKET, and so no systemd to tell
 * @throws SystemError of the call that failed: ENOENT, ECONNREFUSED (no process listens), EAGAIN (the queue of systemd
 * is full: try again), EBADF (of `fds`); TypeError or RangeError for a wrong argument; ERR_INVALID_STATE for a
 * NOTIFY_SOCKET that is neither; UnsupportedError on Windows, if there is a NOTIFY_SOCKET
 */
export function notify(fields: NotifyFields, fds: readonly number[] = []): boolean {
  const message = messageOf(fields);
  if (!Array.isArray(fds)) throw invalidType('fds', 'an array', fds);
  const name = process.env.NOTIFY_SOCKET;
  if (name === undefined || name === '') return false;
  checkPassesFds('notify');
  if (!/^[@/]./.test(name)) throw invalidState(`NOTIFY_SOCKET is ${JSON.stringify(name)}, neither a path nor abstract`);
  const fd = socket(AF_UNIX, SOCK_DGRAM);
  try {
    connect(fd, { path: name.replace(/^@/, '\0') });
    const bytes = Buffer.from(message);
    const sent = fds.length === 0 ? send(fd, bytes) : sendFds(fd, bytes, fds);
    if (sent === WOULD_BLOCK) throw new SystemError(EAGAIN as number, 'sendmsg', { path: name });
    return true;
  } finally {
    close(fd);
  }
}

/**
 * How often systemd wants to hear of this process (`WatchdogSec=`, sd_watchdog_enabled(3)). It kills the service if no
 * `notify({ WATCHDOG: 1 })` comes for that long: send one at half that time.
 *
 * @param pid whose watchdog it may be beside that of this process: of the master before it
 * @returns milliseconds; null if there is no watchdog, or it is for another process
 * @throws ERR_INVALID_STATE for variables that systemd would not have set
 */
export function watchdogMs(pid: number = process.pid): number | null {
  checkInteger(pid, 'pid', 1, 2 ** 31 - 1);
  const { WATCHDOG_USEC: time, WATCHDOG_PID: whose } = process.env;
  if (time === undefined) return null;
  const usec = number(time, 'WATCHDOG_USEC');
  if (usec === 0) throw invalidState('WATCHDOG_USEC is 0');
  if (whose !== undefined && ![pid, process.pid].includes(number(whose, 'WATCHDOG_PID'))) return null;
  return usec / 1000;
}

function messageOf(fields: NotifyFields): string {
  checkObject(fields, 'fields');
  const lines: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (!/^[A-Z][A-Z0-9_]*$/.test(name)) throw invalidValue('fields', 'an object with names such as READY', name);
    if (typeof value !== 'string' && typeof value !== 'number') {
      throw invalidType(`fields.${name}`, 'a string or a number', value);
    }
    const text = String(value);
    if (/[\n\0]/.test(text)) throw invalidValue(`fields.${name}`, 'a single line', value);
    lines.push(`${name}=${text}\n`);
  }
  if (lines.length === 0) throw invalidValue('fields', 'an object with at least one name', fields);
  if (fields.RELOADING !== undefined && fields.MONOTONIC_USEC === undefined) {
    lines.push(`MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}\n`);
  }
  return lines.join('');
}

function number(text: string, name: string): number {
  if (!/^\d{1,15}$/.test(text)) throw invalidState(`${name} is ${JSON.stringify(text)}, not a number`);
  return Number(text);
}
