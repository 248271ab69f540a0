// inotify(7) through fdreactor/linux.
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Interest, Ready, WOULD_BLOCK } from 'fdreactor';
import { constants, eventfd, InotifyEvents, inotify_add_watch, inotify_init1, inotify_rm_watch } from 'fdreactor/linux';
import { write } from 'fdreactor/socket';
import { afterAll, expect, test } from 'vitest';
import { runCommand } from '../../helpers/child.js';
import { testUnless } from '../../helpers/needs.js';
import { ownFile } from '../../helpers/owned.js';
import { pipePair } from '../../helpers/pairs.js';
import { expectArgumentType, expectBadArgument, expectOutOfRange, expectSystemError } from '../../helpers/throws.js';
import { badFds } from '../../helpers/values.js';
import { awaitReady } from '../../helpers/wait.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;
const { IN_ALL_EVENTS, IN_CREATE, IN_DELETE, IN_MOVED_FROM, IN_MOVED_TO, IN_ONESHOT, IN_Q_OVERFLOW } = constants;

const root = fs.mkdtempSync(join(tmpdir(), 'fdreactor-inotify-'));
afterAll(() => fs.rmSync(root, { recursive: true }));
let folders = 0;

/** An empty folder and a watch of it. */
function watched(mask: number): { fd: number; wd: number; folder: string } {
  const folder = join(root, String(++folders));
  fs.mkdirSync(folder);
  const fd = ownFile(inotify_init1());
  return { fd, wd: inotify_add_watch(fd, folder, mask), folder };
}

interface Event {
  wd: number;
  mask: number;
  cookie: number;
  name: string;
}

/** All events that are in the queue. */
function readAll(fd: number, events = new InotifyEvents()): Event[] {
  const all: Event[] = [];
  for (let count = events.read(fd); count !== WOULD_BLOCK; count = events.read(fd)) {
    expect(count).toBeGreaterThan(0);
    for (let i = 0; i < count; i++) {
      all.push({ wd: events.wd(i), mask: events.mask(i), cookie: events.cookie(i), name: events.name(i) });
    }
  }
  return all;
}

test('an empty queue would block; a change makes it READABLE', () => {
  const { fd, wd, folder } = watched(IN_CREATE);
  expect(readAll(fd)).toEqual([]);
  fs.writeFileSync(join(folder, 'new'), '');
  expect(awaitReady(fd, Interest.READABLE)).toBe(Ready.READABLE);
  expect(readAll(fd)).toEqual([{ wd, mask: IN_CREATE, cookie: 0, name: 'new' }]);
});

test('events come in order, with their names; a folder has IN_ISDIR', () => {
  const { fd, wd, folder } = watched(IN_CREATE | IN_DELETE);
  fs.writeFileSync(join(folder, 'a'), '');
  fs.mkdirSync(join(folder, 'a name that takes more than sixteen bytes, ä ö ü'));
  fs.unlinkSync(join(folder, 'a'));
  expect(readAll(fd)).toEqual([
    { wd, mask: IN_CREATE, cookie: 0, name: 'a' },
    {
      wd,
      mask: (IN_CREATE | constants.IN_ISDIR) >>> 0,
      cookie: 0,
      name: 'a name that takes more than sixteen bytes, ä ö ü',
    },
    { wd, mask: IN_DELETE, cookie: 0, name: 'a' },
  ]);
});

test('the two events of a rename have one cookie, two renames have two', () => {
  const { fd, folder } = watched(constants.IN_MOVE);
  for (const name of ['a', 'b']) fs.writeFileSync(join(folder, name), '');
  for (const name of ['a', 'b']) fs.renameSync(join(folder, name), join(folder, `${name}2`));
  const events = readAll(fd);
  expect(events.map(({ mask, name }) => [mask, name])).toEqual([
    [IN_MOVED_FROM, 'a'],
    [IN_MOVED_TO, 'a2'],
    [IN_MOVED_FROM, 'b'],
    [IN_MOVED_TO, 'b2'],
  ]);
  const [a, a2, b, b2] = events.map(({ cookie }) => cookie);
  expect([a, b]).toEqual([a2, b2]);
  expect(a).toBeGreaterThan(0);
  expect(a).not.toBe(b);
});

test('the watch of a file has no name', () => {
  const { fd, folder } = watched(IN_CREATE);
  const file = join(folder, 'file');
  fs.writeFileSync(file, '');
  readAll(fd);
  const wd = inotify_add_watch(fd, file, constants.IN_MODIFY);
  fs.appendFileSync(file, 'x');
  const events = new InotifyEvents();
  expect(events.read(fd)).toBe(1);
  expect([events.wd(0), events.mask(0), events.name(0)]).toEqual([wd, constants.IN_MODIFY, '']);
  expect(events.nameBytes(0)).toEqual(new Uint8Array(0));
});

test('a name and a path that are not UTF-8 can be had, and given, as bytes', async () => {
  const { fd, folder } = watched(IN_CREATE);
  await runCommand(['sh', '-c', 'mkdir "$1/$(printf "\\377x")"', 'sh', folder]);
  const events = new InotifyEvents();
  expect(events.read(fd)).toBe(1);
  expect(events.name(0)).toBe('\ufffdx');
  const name = events.nameBytes(0);
  expect([...name]).toEqual([0xff, 0x78]);
  expect(name.buffer.byteLength).toBe(2); // a copy
  const path = Buffer.concat([Buffer.from(`${folder}/`), name]);
  const wd = inotify_add_watch(fd, path, IN_CREATE);
  expect(wd).toBeGreaterThan(0);
  inotify_rm_watch(fd, wd);
});

test('a second call changes the watch; IN_ONESHOT ends it after one event', () => {
  const { fd, wd, folder } = watched(IN_CREATE);
  expect(inotify_add_watch(fd, folder, IN_DELETE | IN_ONESHOT)).toBe(wd);
  fs.writeFileSync(join(folder, 'a'), '');
  fs.unlinkSync(join(folder, 'a'));
  fs.writeFileSync(join(folder, 'a'), '');
  expect(readAll(fd).map(({ mask }) => mask)).toEqual([IN_DELETE, constants.IN_IGNORED]);
});

test('rm_watch ends a watch, IN_IGNORED follows, and the second time is EINVAL', () => {
  const { fd, wd, folder } = watched(IN_CREATE);
  inotify_rm_watch(fd, wd);
  fs.writeFileSync(join(folder, 'a'), '');
  expect(readAll(fd)).toEqual([{ wd, mask: constants.IN_IGNORED, cookie: 0, name: '' }]);
  expectSystemError(() => inotify_rm_watch(fd, wd), 'EINVAL', { syscall: 'inotify_rm_watch', fd });
});

test('memory that is too small for the next event is EINVAL, and the event stays; 272 bytes fit any', () => {
  const { fd, wd, folder } = watched(IN_CREATE);
  const longest = 'n'.repeat(255);
  fs.writeFileSync(join(folder, longest), '');
  for (const bytes of [16, 271]) {
    expectSystemError(() => new InotifyEvents(bytes).read(fd), 'EINVAL', { syscall: 'read', fd });
  }
  expect(readAll(fd, new InotifyEvents(272))).toEqual([{ wd, mask: IN_CREATE, cookie: 0, name: longest }]);
  inotify_rm_watch(fd, wd);
  expect(readAll(fd, new InotifyEvents(17))).toHaveLength(1);
});

test('a read takes as many as fit, and the next one the rest', () => {
  const { fd, folder } = watched(IN_CREATE);
  const names = Array.from({ length: 20 }, (_, i) => `file-${i}`);
  for (const name of names) fs.writeFileSync(join(folder, name), '');
  const events = new InotifyEvents(100); // three of 32 bytes
  expect(events.bytes).toBe(100);
  expect(events.read(fd)).toBe(3);
  expect([0, 1, 2].map((i) => events.name(i))).toEqual(names.slice(0, 3));
  expect(awaitReady(fd, Interest.READABLE)).toBe(Ready.READABLE);
  expect(readAll(fd, events).map(({ name }) => name)).toEqual(names.slice(3));
});

const limit = Number(fs.readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'));
const tooMany = limit > 100_000 ? `fs.inotify.max_queued_events is ${limit} here` : undefined;
testUnless(tooMany, 'a queue that is full ends with IN_Q_OVERFLOW of wd -1', () => {
  const { fd, folder } = watched(constants.IN_ATTRIB);
  const files = ['a', 'b'].map((name) => join(folder, name));
  for (const file of files) fs.writeFileSync(file, '');
  readAll(fd);
  // Two files in turn: equal events one after the other are one.
  for (let i = 0; i <= limit + 10; i++) fs.chmodSync(files[i % 2] as string, 0o600);
  const all = readAll(fd, new InotifyEvents(1 << 20));
  expect(all).toHaveLength(limit + 1);
  expect(all.at(-1)).toEqual({ wd: -1, mask: IN_Q_OVERFLOW, cookie: 0, name: '' });
});

test('errors name the call and the path', () => {
  const { fd, folder } = watched(IN_CREATE);
  const syscall = 'inotify_add_watch';
  expectSystemError(() => inotify_init1(1), 'EINVAL', { syscall: 'inotify_init1' });
  expectSystemError(() => inotify_add_watch(fd, '', IN_CREATE), 'ENOENT', { syscall, fd });
  expectSystemError(() => inotify_add_watch(fd, '/nowhere', IN_CREATE), 'ENOENT', { syscall, path: '/nowhere' });
  expectSystemError(() => inotify_add_watch(fd, folder, 0), 'EINVAL', { syscall });
  expectSystemError(() => inotify_add_watch(fd, 'n'.repeat(4000), IN_CREATE), 'ENAMETOOLONG');
  fs.writeFileSync(join(folder, 'file'), '');
  expectSystemError(() => inotify_add_watch(fd, join(folder, 'file'), IN_CREATE | constants.IN_ONLYDIR), 'ENOTDIR');
  expectSystemError(() => inotify_add_watch(ownFile(eventfd()), folder, IN_CREATE), 'EINVAL');
  expectSystemError(() => inotify_rm_watch(2 ** 31 - 1, 1), 'EBADF');
  expectSystemError(() => new InotifyEvents().read(2 ** 31 - 1), 'EBADF', { syscall: 'read' });
});

test('bytes that no inotify has written are EINVAL, whatever they say', () => {
  const [readEnd, writeEnd] = pipePair();
  const events = new InotifyEvents(64);
  const header = (nameBytes: number): Buffer => {
    const bytes = Buffer.alloc(16);
    bytes.writeUInt32LE(nameBytes, 12);
    return bytes;
  };
  for (const bytes of [Buffer.alloc(15), header(1), header(16), header(2 ** 32 - 1), Buffer.alloc(63, 0xff)]) {
    write(writeEnd, bytes);
    expectSystemError(() => events.read(readEnd), 'EINVAL', { fd: readEnd });
  }
  expectSystemError(() => events.read(ownFile(eventfd(1))), 'EINVAL');
  expectSystemError(() => events.read(ownFile(fs.openSync('/dev/null', 'r'))), 'EINVAL'); // the end of a file
});

test('wrong arguments are refused by name', () => {
  const { fd, folder } = watched(IN_CREATE);
  for (const { value } of badFds) {
    expectBadArgument(() => inotify_add_watch(value, folder, IN_ALL_EVENTS));
    expectBadArgument(() => inotify_rm_watch(value, 1));
    expectBadArgument(() => new InotifyEvents().read(value));
  }
  expectBadArgument(() => inotify_init1('0' as Any));
  for (const path of [`${folder}\0`, '\0', Buffer.from([0])]) {
    expectBadArgument(() => inotify_add_watch(fd, path, IN_CREATE));
  }
  for (const path of [undefined, null, 3, {}, ['/'], new Int8Array(1)] as Any[]) {
    expectArgumentType(() => inotify_add_watch(fd, path, IN_CREATE));
  }
  expectOutOfRange(() => inotify_add_watch(fd, 'n'.repeat(4096), IN_CREATE));
  for (const mask of [2 ** 32, 0.5, '1', undefined, null, 1n] as Any[]) {
    expectBadArgument(() => inotify_add_watch(fd, folder, mask));
  }
  for (const wd of [2 ** 31, 0.5, '1', undefined] as Any[]) expectBadArgument(() => inotify_rm_watch(fd, wd));
  for (const bytes of [0, 15, 16.5, 2 ** 24 + 1, -1]) expectOutOfRange(() => new InotifyEvents(bytes));
  expectArgumentType(() => new InotifyEvents('4096' as Any));
  const events = new InotifyEvents(64);
  for (const method of ['wd', 'mask', 'cookie', 'name', 'nameBytes'] as const) {
    for (const i of [-1, 4, 0.5]) expectOutOfRange(() => events[method](i));
    expectArgumentType(() => events[method]('0' as Any));
  }
});
