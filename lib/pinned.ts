// Buffers whose memory the kernel still refers to after a call has returned: they are kept alive here, by the fd that
// they were given to, until the kernel is known to have let go of them or the fd is closed.
const buffersByFd = new Map<number, Uint8Array[]>();

export function pin(fd: number, buffers: readonly Uint8Array[]): void {
  const pinned = buffersByFd.get(fd);
  if (pinned === undefined) buffersByFd.set(fd, [...buffers]);
  else pinned.push(...buffers);
}

export function unpin(fd: number): void {
  if (buffersByFd.size > 0) buffersByFd.delete(fd);
}

export function isPinned(fd: number): boolean {
  return buffersByFd.has(fd);
}
