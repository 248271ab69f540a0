// Node's modules that fdreactor/node works on, by require(): see native/builtins.ts. An import of node:http would run
// its getters, one of which loads a WebSocket client.
import { require } from '../native/builtins.js';

export const { Server, Socket } = require('node:net') as typeof import('node:net');
export const { addAbortSignal, Duplex } = require('node:stream') as typeof import('node:stream');
export const { OutgoingMessage, ServerResponse } = require('node:http') as typeof import('node:http');
