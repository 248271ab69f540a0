// Node's modules that fdreactor/net works on, by require(): see native/builtins.ts.
import { require } from '../native/builtins.js';

export const net = require('node:net') as typeof import('node:net');
export const { EventEmitter } = require('node:events') as typeof import('node:events');
export const { addAbortSignal, Duplex, getDefaultHighWaterMark } =
  require('node:stream') as typeof import('node:stream');
export const { channel } = require('node:diagnostics_channel') as typeof import('node:diagnostics_channel');
/** Modules that few programs need. */
export const dns = (): typeof import('node:dns') => require('node:dns');
export const cluster = (): typeof import('node:cluster').default => require('node:cluster');
