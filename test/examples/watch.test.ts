// examples/watch: whatever the kernel can poll, wherever the fd came from.
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder } from './folder.js';
import { scriptOf, start, startCommand } from './running.js';

const folder = makeFolder({ 'regular.txt': 'x' });
const watching = (name: string): { ready: RegExp } => ({ ready: new RegExp(`^${name}: watching$`, 'm') });

test('standard input, to its end', async () => {
  const watch = await start('watch', [], watching('0'));
  watch.child.stdin?.write('first\n');
  await watch.printed(/^0: 6 bytes: "first\\n"$/m);
  watch.child.stdin?.end('last');
  await watch.printed(/^0: 4 bytes: "last"$/m);
  expect(await watch.exitCode()).toBe(0);
  expect(watch.stdout).toMatch(/^0: end$/m);
});

test('two FIFOs at once, opened before a writer', async () => {
  const fifos = ['a', 'b'].map((name) => join(folder, name));
  for (const fifo of fifos) execFileSync('mkfifo', [fifo]);
  const watch = await start('watch', fifos, watching(fifos[1] as string));
  const writers = fifos.map((fifo) => openSync(fifo, 'w'));
  for (const i of [1, 0]) {
    writeSync(writers[i] as number, `to ${i}`);
    await watch.printed(new RegExp(`^${fifos[i]}: 4 bytes: "to ${i}"$`, 'm'));
  }
  for (const writer of writers) closeSync(writer);
  expect(await watch.exitCode()).toBe(0);
});

test('a file of /proc is not told without end', async () => {
  const watch = await start('watch', ['/proc/self/mountinfo', '0'], watching('0'));
  watch.child.stdin?.write('x');
  await watch.printed(/^0: 1 bytes/m);
  expect(watch.stdout.match(/mountinfo: /g)).toHaveLength(1);
  expect(await watch.stop()).toBe(0);
});

test('a regular file cannot be polled, and the error says so', async () => {
  const watch = await start('watch', [join(folder, 'regular.txt')], { ready: /cannot be polled/ });
  expect(await watch.exitCode()).toBe(0);
});

// Python, which the build of the add-on needs as well, has what Node has not: calls that make other kinds of fd. It
// makes one, then becomes the example.
const passOn = (make: string): ReturnType<typeof startCommand> => {
  const program = `
import ctypes, os, pty, sys
libc = ctypes.CDLL(None)
${make}
os.set_inheritable(fd, True)
os.execv(sys.argv[1], [sys.argv[1], sys.argv[2], str(fd)])
`;
  return startCommand(['python3', '-c', program, process.execPath, scriptOf('watch'), folder]);
};

test('an inotify of the parent', async () => {
  const watch = passOn('fd = libc.inotify_init()\nlibc.inotify_add_watch(fd, sys.argv[3].encode(), 0x100)');
  await watch.printed(/: watching$/m);
  writeFileSync(join(folder, 'new.txt'), '');
  await watch.printed(/^\d+: 32 bytes: .*new\.txt/m);
});

test('a timerfd of the parent', async () => {
  const watch = passOn(`
fd = libc.timerfd_create(1, 0)
libc.timerfd_settime(fd, 0, (ctypes.c_long * 4)(0, 50_000_000, 0, 50_000_000), None)`);
  await watch.printed(/(^\d+: 8 bytes: .*\n){2}/m);
});

test('a terminal, until it is gone', async () => {
  const watch = passOn(`
master, fd = pty.openpty()
os.write(master, b'typed\\n')
if os.fork() == 0:
    sys.stdin.readline()
    os._exit(0)  # and the master is closed`);
  await watch.printed(/^\d+: 6 bytes: "typed\\n"$/m);
  watch.child.stdin?.end('\n');
  expect(await watch.exitCode()).toBe(0);
  expect(watch.stdout).toMatch(/^\d+: end/m);
});
