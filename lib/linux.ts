/**
 * The fds that Linux alone has and a loop waits for: eventfd(2), ... One function a system call, by the
 * kernel's name. Can be imported everywhere; `supported` says whether it can be used, and what cannot throws
 * UnsupportedError.
 *
 * Every fd made here is close-on-exec and non-blocking. `close()` of `fdreactor/socket` closes it.
 *
 * @module fdreactor/linux
 */
export { WOULD_BLOCK } from './base/errors.js';
export { constants, supported } from './linux/constants.js';
export * from './linux/eventfd.js';
export * from './linux/gpio-line-events.js';
export * from './linux/ioctl.js';
export type * from './linux/ioctl-requests.js';
export type { LinuxConstant } from './native/constant-names.gen.js';
