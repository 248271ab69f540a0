// Pseudo-terminals through fdreactor/linux.
import { Interest, Ready, WOULD_BLOCK } from 'fdreactor';
import { openpty, type PtyOptions } from 'fdreactor/linux';
import { close, read, write } from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { reportOf, runCommand } from '../../helpers/child.js';
import { ownFile } from '../../helpers/owned.js';
import { expectArgumentType, expectOutOfRange, expectSystemError } from '../../helpers/throws.js';
import { awaitReady } from '../../helpers/wait.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;

function pty(options?: PtyOptions): [number, number] {
  const [master, slave] = openpty(options);
  return [ownFile(master), ownFile(slave)];
}

/** Waits until the master has all of this; it may come in parts. */
function readUntil(fd: number, text: string): void {
  const buffer = Buffer.alloc(100);
  let all = '';
  while (all.length < text.length) {
    awaitReady(fd, Interest.READABLE);
    const count = read(fd, buffer);
    if (count !== WOULD_BLOCK) all += buffer.toString('latin1', 0, count);
  }
  expect(all).toBe(text);
}

test('what a program writes to its terminal wakes a reactor that has the master', () => {
  const [master, slave] = pty();
  expect(read(master, new Uint8Array(1))).toBe(WOULD_BLOCK);
  write(slave, Buffer.from('one\ntwo'));
  readUntil(master, 'one\r\ntwo');
});

test('what is typed is echoed, and can be read a line at a time', () => {
  const [master, slave] = pty();
  write(master, Buffer.from('typed\r'));
  readUntil(master, 'typed\r\n');
  const line = Buffer.alloc(100);
  expect(line.toString('latin1', 0, read(slave, line))).toBe('typed\n');
});

test('the size is the one that was asked for, or not known', async () => {
  const sizeOf = async (options?: PtyOptions): Promise<string> => {
    const [, slave] = pty(options);
    const { stdout, stderr } = await runCommand(['stty', '-F', `/proc/${process.pid}/fd/${slave}`, 'size']);
    return (stdout + stderr).trim();
  };
  expect(await sizeOf({ rows: 30, cols: 100 })).toBe('30 100');
  expect(await sizeOf({ rows: 65535 })).toBe('65535 0');
  expect(await sizeOf()).toBe('0 0');
});

test('when the slave is closed the master hangs up, and a read is EIO', () => {
  const [master, slave] = pty();
  close(slave);
  expect(awaitReady(master, Interest.READABLE) & Ready.HANGUP).toBe(Ready.HANGUP);
  expectSystemError(() => read(master, new Uint8Array(1)), 'EIO', { syscall: 'read' });
});

test('neither becomes the controlling terminal of a process that has none', async () => {
  const terminals = await reportOf(({ linux, fs, report }) => {
    const terminal = (): unknown => fs.readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ')[4];
    const before = terminal();
    linux.openpty();
    report([before, terminal()]);
    process.exit(0);
  });
  expect(terminals).toEqual(['0', '0']);
});

test('wrong arguments are refused by name', () => {
  for (const wrong of [-1, 65536, 0.5, Number.NaN]) {
    expectOutOfRange(() => openpty({ rows: wrong }));
    expectOutOfRange(() => openpty({ cols: wrong }));
  }
  for (const wrong of ['1', null, {}, 1n] as Any[]) expectArgumentType(() => openpty({ rows: wrong }));
  for (const wrong of [null, 3, 'x'] as Any[]) expectArgumentType(() => openpty(wrong));
});
