// Tests that need something of the platform say so, in one word or by a sentence. Where it is not there the test is not
// made, and its name is listed with the reason (not-run.ts). What is refused there instead is held by
// ../contract/refusals.test.ts.
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Capabilities, capabilities } from 'fdreactor';
import { describe, expect, test } from 'vitest';
import { noteNotRun } from './not-run.js';
import {
  hasEpoll,
  hasKqueue,
  inBun,
  inDeno,
  isLinux,
  isWindows,
  overLibkqueue,
  underQemu,
  underWine,
} from './platform.js';

/** What not every platform has, of what the tests use; the words are the reason that is printed. */
const FACILITIES = {
  epoll: 'epoll(7) is a facility of Linux',
  kqueue: 'kqueue(2) is a facility of macOS and the BSDs',
  iocp: 'completion ports are a facility of Windows',
  pipe: 'there are no pipes that can be polled: pipe() is refused',
  proc: '/proc, where the kernel tells of the files of a process',
  strace: 'system calls are made to fail by strace',
  shell: 'a POSIX shell, for its limits (ulimit) and signals (kill)',
  kill: 'there is no kill(2): process.kill() ends a process',
  fdsInChildren: 'a socket cannot be one of the stdio of a child',
  pollableFiles: 'only sockets are fds of the package',
} as const;

type Facility = keyof Capabilities | keyof typeof FACILITIES;

export interface Conditions {
  needs?: Facility | readonly Facility[] | undefined;
  /** Why it cannot hold under Wine. It runs on Windows. */
  notUnderWine?: string | undefined;
  /** Why it does not hold on Windows. */
  notOnWindows?: string | undefined;
  /** Why it does not hold of kqueue(2). */
  notOnKqueue?: string | undefined;
  /** How libkqueue deviates from kqueue(2), so that it cannot hold there. It runs on macOS and the BSDs. */
  notOnLibkqueue?: string | undefined;
  /** What Bun does otherwise than Node, so that it does not hold there. */
  notInBun?: string | undefined;
  /** The same of Deno. */
  notInDeno?: string | undefined;
  /** What qemu cannot do, or where it is too slow. */
  notUnderQemu?: string | undefined;
}

function isThere(facility: Facility): boolean {
  if (facility === 'epoll') return hasEpoll;
  if (facility === 'kqueue') return hasKqueue;
  if (facility === 'iocp') return isWindows;
  if (facility === 'strace') return isLinux && !underQemu;
  if (facility === 'proc') return isLinux;
  if (facility in FACILITIES) return !isWindows;
  const answer = capabilities()[facility as keyof Capabilities];
  return answer !== false;
}

function reasonAgainst(facility: Facility): string | undefined {
  if (isThere(facility)) return undefined;
  return facility in FACILITIES
    ? FACILITIES[facility as keyof typeof FACILITIES]
    : `capabilities().${facility} is false`;
}

function whyNot(conditions: Conditions): string | undefined {
  const { needs = [], notUnderWine, notOnWindows, notOnKqueue, notOnLibkqueue } = conditions;
  const { notInBun, notInDeno, notUnderQemu } = conditions;
  for (const facility of typeof needs === 'string' ? [needs] : needs) {
    const reason = reasonAgainst(facility);
    if (reason !== undefined) return reason;
  }
  if (isWindows && notOnWindows !== undefined) return notOnWindows;
  if (hasKqueue && notOnKqueue !== undefined) return notOnKqueue;
  if (overLibkqueue && notOnLibkqueue !== undefined) return notOnLibkqueue;
  if (inBun && notInBun !== undefined) return notInBun;
  if (inDeno && notInDeno !== undefined) return notInDeno;
  if (underQemu && notUnderQemu !== undefined) return notUnderQemu;
  return underWine ? notUnderWine : undefined;
}

function currentFile(): string {
  const { testPath } = expect.getState();
  if (testPath === undefined) return 'a test';
  return relative(fileURLToPath(new URL('../../', import.meta.url)), testPath).replaceAll('\\', '/');
}

/** Whether the conditions hold here; if not, the name is listed with the reason. */
export function holds(name: string, conditions: Conditions): boolean {
  const reason = whyNot(conditions);
  if (reason !== undefined) noteNotRun(`${currentFile()} > ${name}`, reason);
  return reason === undefined;
}

/** As test(), where the conditions hold. */
export function testWith(
  conditions: Conditions,
  name: string,
  body: () => void | Promise<void>,
  timeoutMs?: number,
): void {
  if (holds(name, conditions)) test(name, body, timeoutMs);
}

/** As test(), unless there is a reason against it that only the caller can know; it is listed with the name. */
export function testUnless(reason: string | undefined, name: string, body: () => void | Promise<void>): void {
  if (reason === undefined) test(name, body);
  else noteNotRun(`${currentFile()} > ${name}`, reason);
}

/** As describe(), where the conditions hold. */
export function describeWith(conditions: Conditions, name: string, body: () => void): void {
  if (holds(name, conditions)) describe(name, body);
}

/** The cases of a table whose conditions hold; the others are listed by `name` and their key. */
export function casesThatHold<T extends Conditions>(name: string, cases: Record<string, T>): [string, T][] {
  return Object.entries(cases).filter(([key, conditions]) => holds(`${name} > ${key}`, conditions));
}
