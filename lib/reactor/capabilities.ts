// What this build can do on this system, so that a program can ask instead of trying.

import { failure } from '../base/errors.js';
import { native } from '../native/table.js';
import { availableBackends, type BackendName } from './backends/index.js';

/** What `capabilities()` returns. */
export interface Capabilities {
  /** Which backends a Reactor can have here, the default one first. */
  backends: BackendName[];
  /** The mode 'edge', of the default backend. */
  edge: boolean;
  /** The mode 'oneshot', of the default backend. */
  oneshot: boolean;
  /** `Interest.PRIORITY`, of the default backend. */
  priority: boolean;
  /** The option `exclusive` of `register()`, of the default backend. */
  exclusive: boolean;
  /** `transfer.sendfile()`. */
  sendfile: boolean;
  /** `transfer.splice()`, `tee()`, `vmsplice()` and `Pump`. */
  splice: boolean;
  /** The option `reusePort` of `listenTcp()` and `bindUdp()`. */
  reusePort: boolean;
  /** `socket.steerByCpu()` and `socket.stopSteering()`. */
  cpuSteering: boolean;
  /** The option `deferAccept` of `listenTcp()`. */
  deferAccept: boolean;
  /** Unix sockets. */
  unixSockets: boolean;
  /** Abstract names of Unix sockets. */
  abstractUnixSockets: boolean;
  /** `reactor.onSignal()`. */
  signals: boolean;
  /** `reactor.attach()`, of the default backend. */
  attach: boolean;
}

// The headers of a platform know more than each of its versions: Windows has Unix sockets from 1803 on.
function canOpen(domain: number): boolean {
  const fd = native.socket.socket(domain, native.constants.socket.SOCK_STREAM, 0);
  if (fd >= 0) native.fd.close(fd);
  return fd !== failure(native.constants.error.EAFNOSUPPORT as number);
}

/** What this build can do on this system. Makes a new object each time. */
export function capabilities(): Capabilities {
  const { socket } = native.constants;
  const kinds = availableBackends();
  const can = kinds[0]?.capabilities;
  const backends = kinds.map(({ name }) => name as BackendName);
  return {
    backends,
    edge: can?.edge ?? false,
    oneshot: can?.oneshot ?? false,
    priority: can?.priority ?? false,
    exclusive: can?.exclusive ?? false,
    sendfile: native.sendfile !== undefined,
    splice: native.splice !== undefined,
    reusePort: 'SO_REUSEPORT' in socket,
    cpuSteering: native.socket.steerByCpu !== undefined,
    deferAccept: 'TCP_DEFER_ACCEPT' in socket,
    unixSockets: canOpen(socket.AF_UNIX),
    abstractUnixSockets: backends.includes('epoll'), // they are Linux's, as epoll(7) is
    signals: true,
    attach: can?.attach ?? false,
  };
}
