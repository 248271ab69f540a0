/**
 * The fds that Linux alone has and a loop waits for: eventfd(2), timerfd_create(2), inotify(7), pidfd_open(2),
 * memfd_create(2), pty(7), lines of a GPIO chip; and waitid(2), fcntl(2), ioctl(2) and sched_setaffinity(2). One
 * function a system call, by
 * the kernel's name. Can be imported everywhere; `supported` says whether it can be used, and what cannot throws
 * UnsupportedError.
 *
 * Every fd made here is close-on-exec, and non-blocking but for a memfd and the slave of a pty. `close()` of
 * `fdreactor/socket` closes it. The fds of a worker are closed when the worker ends: see `detachFd()`.
 *
 * @module fdreactor/linux
 */
export { WOULD_BLOCK } from './base/errors.js';
export * from './linux/affinity.js';
export { constants, supported } from './linux/constants.js';
export * from './linux/eventfd.js';
export * from './linux/fcntl.js';
export * from './linux/gpio-line-events.js';
export * from './linux/inotify.js';
export * from './linux/ioctl.js';
export type * from './linux/ioctl-requests.js';
export * from './linux/memory.js';
export * from './linux/process.js';
export * from './linux/pty.js';
export * from './linux/timerfd.js';
export type { LinuxConstant } from './native/linux-constant-names.gen.js';
