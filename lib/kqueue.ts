/**
 * Raw kqueue(2), macOS and the BSDs: one class for the queue, one for a list of events. Can be imported everywhere;
 * `supported` says whether it can be used.
 *
 * @module fdreactor/kqueue
 */
export * from './queue/kqueue/calls.js';
export * from './queue/kqueue/constants.gen.js';
