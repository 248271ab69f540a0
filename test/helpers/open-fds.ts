// What this process has open, from /proc/self/fd: the ground of the leak check and of the close-on-exec tests.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export type OpenFds = Map<number, string>;

/** Every open fd and what it points at, such as 'socket:[4711]' or 'anon_inode:[eventpoll]'. */
export function openFds(): OpenFds {
  const fds: OpenFds = new Map();
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      fds.set(Number(name), readlinkSync(`/proc/self/fd/${name}`));
    } catch {
      // The fd of the directory listing itself: closed before it could be looked at.
    }
  }
  return fds;
}

/** What is open in `now` and was not in `before`, and the other way round, in words. */
export function differences(before: OpenFds, now: OpenFds): string[] {
  const found: string[] = [];
  for (const [fd, target] of now) if (before.get(fd) !== target) found.push(`opened ${fd} ${target}`);
  for (const [fd, target] of before) if (now.get(fd) !== target) found.push(`closed ${fd} ${target}`);
  return found;
}

/** The open file flags of an fd (O_NONBLOCK, O_CLOEXEC, access mode), as the kernel reports them. */
export function fdFlags(fd: number): number {
  const line = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'));
  if (line === null) throw new Error(`no flags for fd ${fd}`);
  return Number.parseInt(line[1] as string, 8);
}

export const O_NONBLOCK = 0o4000;
export const O_CLOEXEC = 0o2000000;
