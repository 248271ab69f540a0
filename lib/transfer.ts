/**
 * Moving bytes without user space: sendfile, and on Linux splice, tee and vmsplice; `Pump` carries one direction of a
 * proxy with them. What a platform does not have throws UnsupportedError.
 *
 * @module fdreactor/transfer
 */
export { WOULD_BLOCK } from './base/errors.js';
export type { TransferConstant } from './native/constant-names.gen.js';
export * from './transfer/calls.js';
export { PipePool, type PipePoolOptions } from './transfer/pipe-pool.js';
export { Pump, type PumpOptions } from './transfer/pump.js';
