// The group of the native table (table.ts) for the fds that only Linux has: native/bind/linux.

export interface LinuxCalls {
  eventfd(initial: number, flags: number): number;
  eventfdRead(fd: number): number;
  eventfdWrite(fd: number, value: number | bigint): number;

  timerfdCreate(clockid: number, flags: number): number;
  /** Stores the previous value and interval. */
  timerfdSettime(fd: number, flags: number, valueMs: number, intervalMs: number, previous: Float64Array): number;
  /** Stores the value and the interval. */
  timerfdGettime(fd: number, target: Float64Array): number;
  timerfdRead(fd: number): number;

  inotifyInit1(flags: number): number;
  inotifyAddWatch(fd: number, path: Uint8Array, mask: number): number;
  inotifyRmWatch(fd: number, wd: number): number;
  /** Returns how many events there are, and stores where each begins. */
  inotifyRead(fd: number, buffer: Uint8Array, offsets: Int32Array): number;

  pidfdOpen(pid: number, flags: number): number;
  pidfdSendSignal(pidfd: number, signal: number): number;
  /** Returns 1 where it has stored pid, uid, status and code. */
  waitid(idtype: number, id: number, options: number, state: Int32Array): number;

  /** For reading, if the disk is not needed for it (openat2(2) with RESOLVE_CACHED). */
  openCached(path: Uint8Array, offset: number, length: number): number;
  memfdCreate(name: Uint8Array, flags: number): number;
  /** Stores the master and the slave. */
  openpty(rows: number, columns: number, target: Int32Array): number;
  fcntl(fd: number, cmd: number, arg: number): number;

  /** A bit a CPU, the lowest first. */
  schedSetaffinity(thread: number, mask: Uint8Array): number;
  /** Returns how many bytes of the mask it has filled. */
  schedGetaffinity(thread: number, mask: Uint8Array): number;
}
