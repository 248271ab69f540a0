// What this build can do on this system, so that a program can ask instead of trying.
import type { BackendName } from './backend.js';
import { availableBackends } from './backends/index.js';
import { native } from './native.js';

/** What `capabilities()` returns. */
export interface Capabilities {
  /** Which backends a Reactor can have here, the default one first. */
  backends: BackendName[];
  /** The mode 'edge'. */
  edge: boolean;
  /** The mode 'oneshot'. */
  oneshot: boolean;
  /** `Interest.PRIORITY`. */
  priority: boolean;
  /** `transfer.sendfile()`. */
  sendfile: boolean;
  /** `transfer.splice()`, `tee()`, `vmsplice()` and `Pump`. */
  splice: boolean;
  /** The option `reusePort` of `listenTcp()` and `bindUdp()`. */
  reusePort: boolean;
  /** The option `deferAccept` of `listenTcp()`. */
  deferAccept: boolean;
  /** Unix sockets. */
  unixSockets: boolean;
  /** Abstract names of Unix sockets. */
  abstractUnixSockets: boolean;
  /** `reactor.onSignal()`. */
  signals: boolean;
  /** `reactor.attach()`. */
  attach: boolean;
}

/** What this build can do on this system. Makes a new object each time. */
export function capabilities(): Capabilities {
  const { socket } = native.constants;
  const backends = availableBackends();
  const hasEpoll = backends.includes('epoll');
  return {
    backends,
    edge: hasEpoll,
    oneshot: hasEpoll,
    priority: hasEpoll,
    sendfile: native.sendfile !== undefined,
    splice: native.splice !== undefined,
    reusePort: 'SO_REUSEPORT' in socket,
    deferAccept: 'TCP_DEFER_ACCEPT' in socket,
    unixSockets: 'AF_UNIX' in socket,
    abstractUnixSockets: hasEpoll,
    signals: native.signalWatch !== undefined,
    attach: native.hostAttach !== undefined,
  };
}
