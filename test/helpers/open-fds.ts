// What this process has open: the ground of the leak check and of the close-on-exec tests.
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { native } from './fixtures/native.mjs';
import { handleCount, openFds as list } from './fixtures/open-handles.mjs';
import { inBun, inDeno, isWindows, overLibkqueue } from './platform.js';

export type OpenFds = Map<number, string>;

/**
 * Every open fd and what it points at, such as 'socket:[4711]' or 'anon_inode:[eventpoll]'; on Windows every socket.
 */
export const openFds: () => OpenFds = list;

/** What the leak check compares. */
export interface OpenThings {
  fds: OpenFds;
  /** Of any kind, on Windows only. */
  handles: number;
}

export function openThings(): OpenThings {
  return { fds: openFds(), handles: handleCount() };
}

/** Node opens a few handles when it likes: a thread, an event, a timer. Anything that leaks again and again is more. */
const HANDLES_OF_NODE = 16;

const ofLoops = /\banon_inode:\[event(fd|poll)\]$/;

/** Whether it may be of the event loop of a worker. Bun and Deno close that late. */
export function isOfHostsLoop(target: string): boolean {
  return (inBun || inDeno) && ofLoops.test(target);
}

/** What is open in `now` and was not in `before`, and the other way round, in words. */
export function differences(before: OpenThings, now: OpenThings): string[] {
  const found: string[] = [];
  for (const [fd, target] of now.fds) {
    if (before.fds.get(fd) === target || (inDeno && isOfHostsLoop(target))) continue;
    found.push(`opened ${fd} ${target}`);
  }
  for (const [fd, target] of before.fds) if (now.fds.get(fd) !== target) found.push(`closed ${fd} ${target}`);
  const more = now.handles - before.handles;
  if (more > HANDLES_OF_NODE) found.push(`${more} handles more than before, ${now.handles} now`);
  return found;
}

/**
 * Opens what is opened lazily: by Node, on Windows the threads of libuv's pool; by Bun the standard error; by libkqueue
 * what all queues share, with the first of them. So that one stays.
 */
export async function warmUp(): Promise<void> {
  if (overLibkqueue) native.kqueue.open();
  if (inBun) process.stderr.write('');
  const nothing = (): void => {};
  if (isWindows) await Promise.all(Array.from({ length: 16 }, () => stat(process.execPath)));
  else process.on('SIGWINCH', nothing).off('SIGWINCH', nothing); // libuv keeps the pipe of its first watcher
}

/** The open file flags of an fd (O_NONBLOCK, O_CLOEXEC, access mode), as the kernel reports them. */
export function fdFlags(fd: number): number {
  const line = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'));
  if (line === null) throw new Error(`no flags for fd ${fd}`);
  return Number.parseInt(line[1] as string, 8);
}

export const O_NONBLOCK = 0o4000;
export const O_CLOEXEC = 0o2000000;
