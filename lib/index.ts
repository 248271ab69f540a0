/**
 * fdreactor: the Reactor, the same on every platform. Connections over it are in `fdreactor/connection`, sockets in
 * `fdreactor/socket`, zero copy in `fdreactor/transfer`, the kernel's own facilities in `fdreactor/epoll`,
 * `fdreactor/kqueue` and `fdreactor/iocp`.
 *
 * @module fdreactor
 */

export { SystemError, type SystemErrorDetails, UnsupportedError, WOULD_BLOCK } from './base/errors.js';
export { Acceptor, type AcceptorErrorHandler, type AcceptorOptions } from './reactor/acceptor.js';
export type { BackendName } from './reactor/backends/index.js';
export { type Capabilities, capabilities } from './reactor/capabilities.js';
export type { ErrorHandler } from './reactor/dispatcher.js';
export { Interest, type Mode, Ready } from './reactor/interest.js';
export type { Metrics } from './reactor/metrics.js';
export type { ReactorOptions, RegisterOptions, TimerOptions } from './reactor/options.js';
export { Reactor } from './reactor/reactor.js';
export type { Handler, Registration, RegistrationErrorHandler } from './reactor/registration.js';
export type { SignalHandler, SignalRegistration } from './reactor/signals.js';
export type { Timer, TimerHandler } from './reactor/timers.js';
export { type TransferredWaker, Waker } from './reactor/waker.js';
