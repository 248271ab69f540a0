// What the fragments of the pages are about: the names that the text around them has spoken of. And the types of the
// npm package `epoll`, which has none: as its README tells them (version 4).

declare const Interest: typeof import('fdreactor').Interest;
declare const Ready: typeof import('fdreactor').Ready;
declare const SystemError: typeof import('fdreactor').SystemError;
declare const WOULD_BLOCK: typeof import('fdreactor').WOULD_BLOCK;
declare const Reactor: typeof import('fdreactor').Reactor;
declare const Acceptor: typeof import('fdreactor').Acceptor;
declare const socket: typeof import('fdreactor/socket');

declare const reactor: import('fdreactor').Reactor;
declare const registration: import('fdreactor').Registration;
declare const fd: number;
declare const listener: number;
declare const buffer: Buffer;
declare const chunk: Buffer;
declare const connection: import('fdreactor/async').AsyncConnection;

declare module 'epoll' {
  export class Epoll {
    static readonly EPOLLIN: number;
    static readonly EPOLLOUT: number;
    static readonly EPOLLRDHUP: number;
    static readonly EPOLLPRI: number;
    static readonly EPOLLERR: number;
    static readonly EPOLLHUP: number;
    static readonly EPOLLET: number;
    static readonly EPOLLONESHOT: number;
    constructor(callback: (error: Error | null, fd: number, events: number) => void);
    readonly closed: boolean;
    add(fd: number, events: number): this;
    modify(fd: number, events: number): this;
    remove(fd: number): this;
    close(): null;
  }
}

// The types of express are a package of their own (@types/express).
declare module 'express' {
  export default function express(): {
    use(path: string, middleware: import('fdreactor/node').Middleware): void;
  };
}
