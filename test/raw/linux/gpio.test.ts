// The requests of GPIO character devices, and the events of a line: on a chip that a preloaded library plays, and where
// the kernel can simulate one (gpio-sim), on that.
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EPOLLIN, Epoll, EpollEvents } from 'fdreactor/epoll';
import { constants, GpioLineEvents, ioctl } from 'fdreactor/linux';
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { reportOf, type Toolbox } from '../../helpers/child.js';
import { gpioChip } from '../../helpers/linux/gpio-chip.js';
import { testUnless, testWith } from '../../helpers/needs.js';
import { dispose, own, ownFile } from '../../helpers/owned.js';
import { pipePair, socketPair } from '../../helpers/pairs.js';
import { expectBadArgument, expectOutOfRange, expectSystemError } from '../../helpers/throws.js';

const chip = gpioChip();

/** Requests three lines with everything that can be said of them, and uses them. */
const requestThem = ({ fs, linux, socket, openFds, report }: Toolbox): void => {
  const { constants, ioctl } = linux;
  const fd = fs.openSync('/dev/null', 'r+');
  const before = openFds();
  const lines = ioctl(fd, 'GPIO_V2_GET_LINE_IOCTL', {
    offsets: [3, 5, 0xffffffff],
    consumer: 'x'.repeat(31),
    config: {
      flags: constants.GPIO_V2_LINE_FLAG_INPUT | constants.GPIO_V2_LINE_FLAG_EDGE_RISING,
      attrs: [
        { id: constants.GPIO_V2_LINE_ATTR_ID_DEBOUNCE, debouncePeriodUs: 5000, mask: 1 },
        { id: constants.GPIO_V2_LINE_ATTR_ID_FLAGS, flags: 8n, mask: 2n ** 63n },
        { id: constants.GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES, values: 2, mask: 2n },
      ],
    },
    eventBufferSize: 100,
  });
  const nonBlocking = socket.isNonBlocking(lines.fd);
  const flags = fs.readFileSync(`/proc/self/fdinfo/${lines.fd}`, 'utf8');
  const events = new linux.GpioLineEvents(4);
  const read = [events.read(lines.fd), events.read(lines.fd)];
  const seen = [0, 1].map((i) => [
    String(events.timestampNs(i)),
    events.id(i),
    events.offset(i),
    events.seqno(i),
    events.lineSeqno(i),
  ]);
  const values = ioctl(lines.fd, 'GPIO_V2_LINE_GET_VALUES_IOCTL', { mask: 7n });
  ioctl(lines.fd, 'GPIO_V2_LINE_SET_VALUES_IOCTL', { mask: 3, bits: 2n ** 63n });
  ioctl(lines.fd, 'GPIO_V2_LINE_SET_CONFIG_IOCTL', { flags: 8 });
  ioctl(lines.fd, 'GPIO_V2_LINE_SET_CONFIG_IOCTL', lines.config);
  ioctl(fd, 'GPIO_GET_LINEINFO_UNWATCH_IOCTL', 4);
  const made = openFds().filter((each) => !before.includes(each)).length;
  const text = JSON.stringify({ lines, values }, (_, value) =>
    typeof value === 'bigint' ? `${value}n` : (value as unknown),
  );
  report({ text, fd: lines.fd, nonBlocking, flags, read, seen, made });
  process.exit(0);
};

test('lines are requested by the structs of the header, and their events are read', async () => {
  const report = await reportOf(requestThem, { env: chip.env });
  const attrs = [
    { id: 3, debouncePeriodUs: 5000, mask: '1n' },
    { id: 1, flags: '8n', mask: `${2n ** 63n}n` },
    { id: 2, values: '2n', mask: '2n' },
  ];
  expect(JSON.parse(report.text)).toEqual({
    lines: {
      offsets: [3, 5, 0xffffffff],
      consumer: 'x'.repeat(31),
      config: { flags: '20n', attrs },
      eventBufferSize: 100,
      fd: report.fd,
    },
    values: { mask: '7n', bits: '5n' },
  });
  expect(report.nonBlocking).toBe(true);
  expect(report.flags).toMatch(/^flags:\s+02004000$/m);
  expect(report.read).toEqual([2, -1]);
  expect(report.seen).toEqual([
    [String(2n ** 60n), 1, 3, 1, 0xfffffff1],
    [String(2n ** 61n), 2, 3, 2, 0xfffffff2],
  ]);
  expect(report.made).toBe(2); // the pipe of the chip
  const config = 'flags=14 attrs=3 3:1388/1 1:8/8000000000000000 2:2/2';
  expect(chip.asked()).toEqual([
    `line 3 3 5 4294967295 consumer=${'x'.repeat(31)} buffer=100 ${config} clean`,
    'values 8000000000000000/3',
    'config flags=8 attrs=0 clean',
    `config ${config} clean`,
    'unwatch 4',
  ]);
});

test('the chip and its lines are described, and what the chip says wrong is cut off', async () => {
  const { text, code } = await reportOf(
    ({ fs, linux, outcomeOf, report }) => {
      const fd = fs.openSync('/dev/null', 'r+');
      const answers = [
        linux.ioctl(fd, 'GPIO_GET_CHIPINFO_IOCTL'),
        linux.ioctl(fd, 'GPIO_V2_GET_LINEINFO_IOCTL', { offset: 2 }),
        linux.ioctl(fd, 'GPIO_V2_GET_LINEINFO_WATCH_IOCTL', { offset: 7 }).attrs.length,
      ];
      const { error } = outcomeOf(() => linux.ioctl(fd, 'GPIO_V2_GET_LINEINFO_IOCTL', { offset: 8 }));
      const text = JSON.stringify(answers, (_, value) =>
        typeof value === 'bigint' ? `${value}n` : (value as unknown),
      );
      report({ text, code: (error as { code: string }).code });
      process.exit(0);
    },
    { env: chip.env },
  );
  expect(code).toBe('EINVAL');
  expect(JSON.parse(text)).toEqual([
    { name: 'gpiochip0', label: 'a chip that is not there', lines: 8 },
    {
      offset: 2,
      name: 'line-2',
      consumer: 'c'.repeat(32),
      flags: `${2n ** 63n + 5n}n`,
      attrs: [
        { id: 3, debouncePeriodUs: 4_000_000_000 },
        { id: 1, flags: '8n' },
      ],
    },
    10,
  ]);
});

test('a driver that answers without an fd, or with one that is not open, makes no fd', async () => {
  const { codes, firstIsOpen } = await reportOf(
    ({ fs, linux, outcomeOf, report }) => {
      const fd = fs.openSync('/dev/null', 'r+');
      const codes = [99, 98].map((offset) => {
        const { error } = outcomeOf(() => linux.ioctl(fd, 'GPIO_V2_GET_LINE_IOCTL', { offsets: [offset] }));
        return (error as { code: string }).code;
      });
      report({ codes, firstIsOpen: fs.existsSync('/proc/self/fd/0') });
      process.exit(0);
    },
    { env: chip.env },
  );
  expect(codes).toEqual(['ENOTTY', 'EBADF']);
  expect(firstIsOpen).toBe(true);
});

const lateInOthers = {
  notInBun: 'Bun closes fds of a worker late',
  notInDeno: 'Deno closes the event loop of a worker late',
};
testWith(
  lateInOthers,
  'a worker that ends closes the lines that it requested, and the terminal that it opened',
  async () => {
    const { left } = await reportOf(
      async ({ startWorker, openFds, leftOpen, report }) => {
        const warm = startWorker(() => {});
        await new Promise((resolve) => warm.once('exit', resolve));
        const before = openFds();
        const worker = startWorker(({ fs, linux, socket }) => {
          const { O_RDWR, O_NOCTTY } = fs.constants;
          const master = fs.openSync('/dev/ptmx', O_RDWR | O_NOCTTY);
          linux.ioctl(master, 'TIOCSPTLCK', 0);
          linux.ioctl(master, 'TIOCGPTPEER', O_RDWR | O_NOCTTY);
          // A pipe plays the chip: every fd does.
          const [fd, other] = socket.pipe();
          linux.ioctl(fd, 'GPIO_V2_GET_LINE_IOCTL', { offsets: [1] });
          socket.close(fd);
          socket.close(other);
        });
        await new Promise((resolve) => worker.once('exit', resolve));
        report({ left: await leftOpen(before, 1) });
        process.exit(0);
      },
      { env: chip.env },
    );
    expect(left).toHaveLength(1); // the chip's own end of its pipe
  },
);

test('any other file refuses the requests of a chip', () => {
  const fds = [socketPair()[0], pipePair()[0]];
  for (const fd of fds) {
    expectSystemError(() => ioctl(fd, 'GPIO_GET_CHIPINFO_IOCTL'), 'ENOTTY', { request: 'GPIO_GET_CHIPINFO_IOCTL' });
    expectSystemError(() => ioctl(fd, 'GPIO_V2_GET_LINE_IOCTL', { offsets: [0] }), 'ENOTTY');
  }
});

test('GpioLineEvents: its arguments, and the errors of a read', () => {
  const events = new GpioLineEvents(2);
  expect(events.capacity).toBe(2);
  expect(new GpioLineEvents().capacity).toBe(16);
  for (const capacity of [0, 65537, 1.5]) expectOutOfRange(() => new GpioLineEvents(capacity));
  expectBadArgument(() => new GpioLineEvents('2' as unknown as number));
  for (const i of [-1, 2, 0.5]) expectOutOfRange(() => events.timestampNs(i));
  expect(events.timestampNs(1)).toBe(0n);
  expectBadArgument(() => events.read(-1));
  expectSystemError(() => events.read(2 ** 31 - 1), 'EBADF', { syscall: 'read' });
});

const configfs = '/sys/kernel/config/gpio-sim';
const whyNoChip = existsSync(configfs) ? undefined : 'the kernel has no gpio-sim, or no configfs at /sys/kernel/config';

testUnless(whyNoChip, 'an edge of a simulated line', () => {
  const device = join(configfs, `fdreactor-${process.pid}`);
  const bank = join(device, 'bank');
  mkdirSync(bank, { recursive: true });
  try {
    writeFileSync(join(bank, 'num_lines'), '4');
    writeFileSync(join(device, 'live'), '1');
    const name = readFileSync(join(bank, 'chip_name'), 'utf8').trim();
    const platform = `/sys/devices/platform/${readFileSync(join(device, 'dev_name'), 'utf8').trim()}/${name}`;
    const pull = (line: number, to: 'pull-up' | 'pull-down'): void =>
      writeFileSync(`${platform}/sim_gpio${line}/pull`, to);
    expect(readdirSync(platform)).toContain('sim_gpio2');

    const chipFd = ownFile(openSync(`/dev/${name}`, 'r+'));
    expect(ioctl(chipFd, 'GPIO_GET_CHIPINFO_IOCTL')).toMatchObject({ name, lines: 4 });
    const { GPIO_V2_LINE_FLAG_INPUT, GPIO_V2_LINE_FLAG_EDGE_RISING, GPIO_V2_LINE_FLAG_EDGE_FALLING } = constants;
    const flags = GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING;
    const { fd } = ioctl(chipFd, 'GPIO_V2_GET_LINE_IOCTL', { offsets: [2], consumer: 'test', config: { flags } });
    own(fd);
    const events = new GpioLineEvents();
    expect(events.read(fd)).toBe(socket.WOULD_BLOCK);
    const set = dispose(new Epoll());
    set.add(fd, EPOLLIN);
    for (const [to, id, seqno] of [['pull-up', 1, 1] as const, ['pull-down', 2, 2] as const]) {
      pull(2, to);
      expect(set.wait(new EpollEvents(1), 10_000)).toBe(1); // the interrupt has a thread of its own
      expect(events.read(fd)).toBe(1);
      expect([events.id(0), events.offset(0), events.seqno(0)]).toEqual([id, 2, seqno]);
      expect(events.timestampNs(0)).toBeGreaterThan(0n);
    }
    expect(ioctl(fd, 'GPIO_V2_LINE_GET_VALUES_IOCTL', { mask: 1n }).bits).toBe(0n);
    socket.close(fd);
  } finally {
    writeFileSync(join(device, 'live'), '0');
    rmdirSync(bank);
    rmdirSync(device);
  }
});
