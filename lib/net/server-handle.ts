// ServerHandle: a Listener as a server holds it: what its `_handle` is, and the async resource of what it emits.
import type { Connection } from '../connection/connection.js';
import { Listener, type ListenerOptions } from '../connection/listener.js';
import { asyncHooks } from '../native/builtins.js';
import { CONNECTION_OPTIONS, flushedReactor, HANDLERS, type NetAddress, type SocketHandle } from './handle.js';

const RESOURCE_OPTIONS = { requireManualDestroy: true };

/** Whom a connection is told that was accepted. */
export type Accepted = (connection: Connection<SocketHandle>, isTcp: boolean) => void;

export class ServerHandle extends asyncHooks.AsyncResource {
  readonly listener: Listener<SocketHandle>;
  readonly isTcp: boolean;
  /** Of a Unix socket it is undefined: server.address() is the path then. */
  readonly getsockname: ((target: NetAddress) => number) | undefined;
  #referenced = true;

  /** @throws SystemError of the call that failed */
  constructor(options: ListenerOptions, accepted: Accepted) {
    super('path' in options ? 'PIPESERVERWRAP' : 'TCPSERVERWRAP', RESOURCE_OPTIONS);
    const open = (connection: Connection<SocketHandle>): void => {
      try {
        this.runInAsyncScope(accepted, undefined, connection, this.isTcp);
      } catch (error) {
        connection.kind.streams.later.throw(error); // an uncaught exception, as of node:net; the connection stays
      }
    };
    const handlers = { ...HANDLERS, open };
    this.listener = new Listener(flushedReactor(), { ...options, ...CONNECTION_OPTIONS }, handlers);
    this.isTcp = 'port' in this.listener.address;
    this.getsockname = this.isTcp ? (target) => this.#tellAddress(target) : undefined;
  }

  get fd(): number {
    return this.listener.fd;
  }

  getAsyncId(): number {
    return this.asyncId();
  }

  ref(): void {
    this.#setReferenced(true);
  }

  unref(): void {
    this.#setReferenced(false);
  }

  hasRef(): boolean {
    return this.#referenced;
  }

  close(): void {
    this.listener.close();
    this.emitDestroy();
  }

  #setReferenced(referenced: boolean): void {
    this.#referenced = referenced;
    this.listener.setReferenced(referenced);
  }

  #tellAddress(target: NetAddress): number {
    const { address } = this.listener;
    if (!('port' in address)) return -1;
    return Object.assign(target, { address: address.address, family: address.family, port: address.port }) && 0;
  }
}
