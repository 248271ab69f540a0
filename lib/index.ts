/**
 * fdreactor: the Reactor, the same on every platform. Sockets are in `fdreactor/socket`, zero copy in
 * `fdreactor/transfer`, the kernel's own facilities in `fdreactor/epoll`, `fdreactor/kqueue` and `fdreactor/iocp`.
 *
 * @module fdreactor
 */
export { Acceptor, type AcceptorOptions } from './acceptor.js';
export type { BackendName } from './backend.js';
export { type Capabilities, capabilities } from './capabilities.js';
export type { ErrorHandler } from './dispatcher.js';
export { SystemError, type SystemErrorDetails, UnsupportedError, WOULD_BLOCK } from './errors.js';
export { Interest, type Mode, Ready } from './interest.js';
export type { Metrics } from './metrics.js';
export { Reactor } from './reactor.js';
export type { ReactorOptions, RegisterOptions, TimerOptions } from './reactor-options.js';
export type { Handler, Registration, RegistrationErrorHandler } from './registration.js';
export type { SignalHandler, SignalRegistration } from './signals.js';
export type { Timer, TimerHandler } from './timers.js';
export { type TransferredWaker, Waker } from './waker.js';
