// The groups of the native table (table.ts) for what rings a reactor from outside: wakers, signals and the event loop
// of the host. bind_waker.cc, bind_signals.cc, host/ and epoll/bind_host_uv.cc in native/bind.

export interface WakerCalls {
  open(): [source: number, id: number] | number;
  wake(id: number): number;
  acknowledge(id: number): number;
  wasMade(id: number): number;
  /** `isOpen` 0: other code closed the fd, and its number must not be closed. */
  close(id: number, isOpen: number): number;
}

export interface SignalCalls {
  watch(number: number, way: number): number;
  acknowledge(source: number): number;
  unwatch(source: number): number;
  canBeWatched(number: number): number;
}

/** `handle` is the result of attachThread(), or of attach() of HostUvCalls. */
export interface HostCalls {
  attachThread(fd: number, callback: () => void): number;
  detach(handle: number): number;
  setTimer(handle: number, deadlineMs: number): number;
  setReferenced(handle: number, referenced: number): number;
}

export interface HostUvCalls {
  attach(fd: number, callback: () => void): number;
  /** The fd that becomes readable when the loop of the host has something to do; -1 if it has none. */
  backendFd(): number;
  /** 1 if the loop has fds that it has not begun to watch, else 0. */
  hasUnwatched(): number;
  /** 1 if the loop has events that it has not taken, else 0. */
  hasEvents(): number;
}
