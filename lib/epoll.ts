/**
 * Raw epoll(7), Linux: one class, one method a kernel call. Can be imported everywhere; `supported` says whether it can
 * be used.
 *
 * @module fdreactor/epoll
 */
export * from './queue/epoll/calls.js';
export * from './queue/epoll/constants.gen.js';
