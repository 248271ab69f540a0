// The groups of the native table (table.ts) for the kernel's event queues: native/bind/epoll, native/bind/kqueue and
// native/bind/windows. A batch is an Int32Array over a whole EventBatch (native/core/event_layout.h).

/** Where the fields of an event are in a batch, in words (native/core/event_layout.h). */
export interface EventLayout {
  readonly firstWord: number;
  readonly eventWords: number;
}

/** The same for epoll_event (native/sys/epoll/epoll.h), which has the ready bits in word 0. */
export interface EpollEventLayout extends EventLayout {
  readonly dataWord: number;
}

/** The same for kevent (native/sys/kqueue/kqueue.h). If filter and flags share a word, the filter is its lower half. */
export interface KeventLayout extends EventLayout {
  readonly identWord: number;
  readonly filterWord: number;
  readonly flagsWord: number;
  readonly fflagsWord: number;
  readonly dataWord: number;
  readonly udataWord: number;
}

/** The same for a PortEvent (native/sys/windows/port/iocp.h). `keyWord` and `operationWord` have 64 bits. */
export interface PortEventLayout extends EventLayout {
  readonly slotWord: number;
  readonly generationWord: number;
  readonly statusWord: number;
  readonly bytesWord: number;
  readonly keyWord: number;
  readonly operationWord: number;
}

export interface EpollCalls {
  readonly layout: EpollEventLayout;
  open(): number;
  /** Opens the timer that ends a wait without limit now and then (native/sys/epoll/pulse.h). */
  openPulse(periodMs: number): number;
  control(epollFd: number, op: number, fd: number, events: number, dataLow: number, dataHigh: number): number;
  /** Removes the fd and adds it again. If the second fails, the fd is not in the set any more. */
  replace(epollFd: number, fd: number, events: number, dataLow: number, dataHigh: number): number;
  wait(epollFd: number, batch: Int32Array, timeoutMs: number, deadlineMs?: number): number;
}

export interface KqueueCalls {
  readonly layout: KeventLayout;
  open(): number;
  wait(
    kqueueFd: number,
    changes: Int32Array,
    changeCount: number,
    batch: Int32Array,
    timeoutMs: number,
    deadlineMs?: number,
  ): number;
  bindSource(source: number, kqueueFd: number, slot: number, generation: number): number;
  unbindSource(source: number): number;
}

/** I/O completion ports, and the readiness of sockets that \\Device\\Afd posts to them. */
export interface PortCalls {
  readonly layout: PortEventLayout;
  open(): number;
  close(port: number): number;
  associate(port: number, handle: number, keyLow: number, keyHigh: number, skipOnSuccess: number): number;
  post(port: number, keyLow: number, keyHigh: number, bytes: number, operation: number): number;
  wait(port: number, batch: Int32Array, timeoutMs: number, deadlineMs?: number): number;
  /** Counts the operations that are under way on the port. */
  pending(port: number): number;

  watch(port: number, fd: number, slot: number, generation: number, interest: number, oneshot: number): number;
  modify(port: number, fd: number, slot: number, generation: number, interest: number, oneshot: number): number;
  muteReadClosed(port: number, fd: number): number;
  unwatch(port: number, fd: number): number;
  /** Makes the changes that watch() and modify() collected. */
  submitChanges(port: number): number;
  watchSource(port: number, source: number, slot: number, generation: number): number;
  unwatchSource(source: number): number;
}
