// Node's own modules by require(): importing one runs the getters of all it exports, which for `node:fs` loads streams
// and readline, and so makes up a good part of what an import of this package costs.
import { createRequire } from 'node:module';

/** Not there in a CommonJS bundle. */
export const ownUrl: string | undefined = import.meta.url;

export const require = createRequire(ownUrl ?? process.execPath);

export const asyncHooks = require('node:async_hooks') as typeof import('node:async_hooks');
export const fs = require('node:fs') as typeof import('node:fs');
export const os = require('node:os') as typeof import('node:os');
export const path = require('node:path') as typeof import('node:path');
export const url = require('node:url') as typeof import('node:url');
export const util = require('node:util') as typeof import('node:util');
export const workerThreads = require('node:worker_threads') as typeof import('node:worker_threads');
