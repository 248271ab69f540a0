// Every request of ioctl() has the number, the size and the members of this machine's headers: a small C program prints
// them, and the native table is compared.
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { compileC } from '../../helpers/compile-c.js';
import { native } from '../../helpers/fixtures/native.mjs';

interface Field {
  name: string;
  kind: string;
  offset: number;
  size: number;
  count: number;
  countOffset: number;
  layout?: Layout;
}
interface Layout {
  size: number;
  fields: Field[];
}
interface Entry {
  name: string;
  number: number;
  argument: string;
  layout?: Layout;
}
/** A struct of C: its members by the names that JavaScript has for them, nested ones with their own. */
interface Struct {
  type: string;
  members: Record<string, string | [member: string, of: Struct]>;
  /** Which member says how many elements of the other are in use. */
  counts?: Record<string, string>;
}

const headers = [
  'stdio.h',
  'stddef.h',
  'stdint.h',
  'sys/ioctl.h',
  'sys/socket.h',
  'net/if.h',
  'asm/ioctls.h',
  'asm/termbits.h',
  'linux/serial.h',
  'linux/if_tun.h',
  'linux/sockios.h',
  'linux/fs.h',
  'linux/gpio.h',
];

const int: Struct = { type: 'int', members: {} };
const unsigned: Struct = { type: 'unsigned', members: {} };
const ifreq = (members: Record<string, string>): Struct => ({
  type: 'struct ifreq',
  members: { name: 'ifr_name', ...members },
});
const winsize: Struct = {
  type: 'struct winsize',
  members: { rows: 'ws_row', cols: 'ws_col', xpixel: 'ws_xpixel', ypixel: 'ws_ypixel' },
};
const termios: Struct = {
  type: 'struct termios2',
  members: Object.fromEntries(
    ['iflag', 'oflag', 'cflag', 'lflag', 'line', 'cc', 'ispeed', 'ospeed'].map((name) => [name, `c_${name}`]),
  ),
};
const rs485: Struct = {
  type: 'struct serial_rs485',
  members: {
    flags: 'flags',
    delayRtsBeforeSend: 'delay_rts_before_send',
    delayRtsAfterSend: 'delay_rts_after_send',
    addrRecv: 'addr_recv',
    addrDest: 'addr_dest',
  },
};
const counters: Struct = {
  type: 'struct serial_icounter_struct',
  members: {
    ...Object.fromEntries(
      ['cts', 'dsr', 'rng', 'dcd', 'rx', 'tx', 'frame', 'overrun', 'parity', 'brk'].map((name) => [name, name]),
    ),
    bufOverrun: 'buf_overrun',
  },
};
const chip: Struct = { type: 'struct gpiochip_info', members: { name: 'name', label: 'label', lines: 'lines' } };
const union = { id: 'id', flags: 'flags', values: 'values', debouncePeriodUs: 'debounce_period_us' };
const attribute: Struct = { type: 'struct gpio_v2_line_attribute', members: union };
const configAttribute: Struct = {
  type: 'struct gpio_v2_line_config_attribute',
  members: {
    ...Object.fromEntries(Object.entries(union).map(([name, member]) => [name, `attr.${member}`])),
    mask: 'mask',
  },
};
const config: Struct = {
  type: 'struct gpio_v2_line_config',
  members: { flags: 'flags', attrs: ['attrs', configAttribute] },
  counts: { attrs: 'num_attrs' },
};
const line: Struct = {
  type: 'struct gpio_v2_line_request',
  members: {
    offsets: 'offsets',
    consumer: 'consumer',
    config: ['config', config],
    eventBufferSize: 'event_buffer_size',
    fd: 'fd',
  },
  counts: { offsets: 'num_lines' },
};
const info: Struct = {
  type: 'struct gpio_v2_line_info',
  members: { offset: 'offset', name: 'name', consumer: 'consumer', flags: 'flags', attrs: ['attrs', attribute] },
  counts: { attrs: 'num_attrs' },
};
const values: Struct = { type: 'struct gpio_v2_line_values', members: { mask: 'mask', bits: 'bits' } };
const epoll: Struct = {
  type: 'struct epoll_params',
  members: {
    busyPollUsecs: 'busy_poll_usecs',
    busyPollBudget: 'busy_poll_budget',
    preferBusyPoll: 'prefer_busy_poll',
  },
};

/** Both of a pair that gets and sets. */
const both = (name: string, struct: Struct): Record<string, Struct> => ({
  [name.replace('*', 'G')]: struct,
  [name.replace('*', 'S')]: struct,
});
const each = (names: string[], struct: Struct): Record<string, Struct> =>
  Object.fromEntries(names.map((name) => [name, struct]));

const structs: Record<string, Struct> = {
  ...each(['FIONREAD', 'BLKSSZGET', 'TIOCGEXCL', 'TIOCOUTQ', 'TIOCGPTLCK', 'TIOCSPTLCK'], int),
  ...each(['SIOCINQ', 'SIOCOUTQ', 'SIOCOUTQNSD', 'SIOCATMARK', 'TIOCGSID', 'TUNSETCARRIER'], int),
  ...each(['TIOCGETD', 'TIOCSETD'], int),
  ...both('TIOC*PGRP', int),
  TIOCPKT: int,
  TIOCGPKT: int,
  ...each(['TIOCMGET', 'TIOCMSET', 'TIOCMBIS', 'TIOCMBIC', 'TIOCGPTN'], unsigned),
  ...each(['TUNGETFEATURES', 'TUNSETIFINDEX', 'GPIO_GET_LINEINFO_UNWATCH_IOCTL'], unsigned),
  BLKGETSIZE64: { type: 'uint64_t', members: {} },
  ...both('TIOC*WINSZ', winsize),
  ...both('TIOC*RS485', rs485),
  TIOCGICOUNT: counters,
  TCGETS2: termios,
  TCSETS2: termios,
  ...each(['TUNSETIFF', 'TUNGETIFF'], ifreq({ flags: 'ifr_flags' })),
  TUNSETQUEUE: { type: 'struct ifreq', members: { flags: 'ifr_flags' } },
  ...each(['TUNSETVNETHDRSZ', 'TUNGETVNETHDRSZ', 'TUNSETSNDBUF', 'TUNGETSNDBUF'], int),
  SIOCGIFINDEX: ifreq({ index: 'ifr_ifindex' }),
  SIOCGIFNAME: ifreq({ index: 'ifr_ifindex' }),
  SIOCSIFNAME: ifreq({ newName: 'ifr_newname' }),
  ...both('SIOC*IFFLAGS', ifreq({ flags: 'ifr_flags' })),
  ...both('SIOC*IFADDR', ifreq({ address: 'ifr_addr' })),
  ...both('SIOC*IFDSTADDR', ifreq({ dstaddr: 'ifr_dstaddr' })),
  ...both('SIOC*IFNETMASK', ifreq({ netmask: 'ifr_netmask' })),
  ...both('SIOC*IFBRDADDR', ifreq({ broadaddr: 'ifr_broadaddr' })),
  ...both('SIOC*IFHWADDR', ifreq({ type: 'ifr_hwaddr.sa_family', hwaddr: 'ifr_hwaddr.sa_data' })),
  ...both('SIOC*IFMTU', ifreq({ mtu: 'ifr_mtu' })),
  ...both('SIOC*IFTXQLEN', ifreq({ txqlen: 'ifr_qlen' })),
  SIOCGIFMETRIC: ifreq({ metric: 'ifr_metric' }),
  GPIO_GET_CHIPINFO_IOCTL: chip,
  GPIO_V2_GET_LINEINFO_IOCTL: info,
  GPIO_V2_GET_LINEINFO_WATCH_IOCTL: info,
  GPIO_V2_GET_LINE_IOCTL: line,
  GPIO_V2_LINE_SET_CONFIG_IOCTL: config,
  GPIO_V2_LINE_GET_VALUES_IOCTL: values,
  GPIO_V2_LINE_SET_VALUES_IOCTL: values,
  EPIOCSPARAMS: epoll,
  EPIOCGPARAMS: epoll,
};
const table: Entry[] = native.ioctl.requests();

function describeLayout(
  path: string,
  layout: Layout,
  struct: Struct,
  statements: string[],
  own: Map<string, string>,
): void {
  const print = (key: string, expression: string): number =>
    statements.push(`printf("${key} %lu\\n", (unsigned long)(${expression}));`);
  print(`${path} size`, `sizeof(${struct.type})`);
  own.set(`${path} size`, String(layout.size));
  for (const field of layout.fields.filter(({ name }) => name !== '')) {
    const known = struct.members[field.name];
    const [member, inner] = typeof known === 'string' ? [known, undefined] : (known ?? ['unknown', undefined]);
    const key = `${path}.${field.name}`;
    print(`${key} offset`, `offsetof(${struct.type}, ${member})`);
    print(`${key} bytes`, `sizeof(((${struct.type} *)0)->${member})`);
    own.set(`${key} offset`, String(field.offset));
    own.set(`${key} bytes`, String(field.size * field.count));
    const count = struct.counts?.[field.name];
    if (count !== undefined) print(`${key} count`, `offsetof(${struct.type}, ${count})`);
    if (field.countOffset >= 0) own.set(`${key} count`, String(field.countOffset));
    if (field.layout !== undefined && inner !== undefined) describeLayout(key, field.layout, inner, statements, own);
  }
}

/** The words that a C program prints, which is compiled and run when this file is read. */
const printed = (source: string): string => execFileSync(compileC(source), { encoding: 'utf8' });

const statements: string[] = [];
const own = new Map<string, string>();
for (const { name, number, layout } of table) {
  statements.push(`printf("${name} number %lu\\n", (unsigned long)(unsigned)(${name}));`);
  own.set(`${name} number`, String(number));
  const struct = structs[name];
  if (layout !== undefined && struct !== undefined) describeLayout(name, layout, struct, statements, own);
}
const numbersAndLayouts = printed(`
${headers.map((header) => `#include <${header}>`).join('\n')}
#ifndef EPIOCSPARAMS
struct epoll_params { uint32_t busy_poll_usecs; uint16_t busy_poll_budget; uint8_t prefer_busy_poll; uint8_t pad; };
#define EPIOCSPARAMS _IOW(0x8A, 0x01, struct epoll_params)
#define EPIOCGPARAMS _IOR(0x8A, 0x02, struct epoll_params)
#endif
int main(void) {
  ${statements.join('\n  ')}
}`);
const eventMembers = ['timestamp_ns', 'id', 'offset', 'seqno', 'line_seqno'];
const eventLayout = printed(`
#include <stddef.h>
#include <stdio.h>
#include <linux/gpio.h>
int main(void) {
  printf("%zu", sizeof(struct gpio_v2_line_event));
  ${eventMembers.map((name) => `printf(" %zu", offsetof(struct gpio_v2_line_event, ${name}));`).join('\n  ')}
}`);

test('numbers, sizes and members agree with the headers', () => {
  const lines = numbersAndLayouts.trim().split('\n');
  const ofHeaders = new Map(lines.map((text) => [text.replace(/ \d+$/, ''), text.replace(/^.* /, '')]));
  expect(own).toEqual(ofHeaders);
});

test('every struct of this test is one of a request', () => {
  const names = table.filter(({ layout }) => layout !== undefined).map(({ name }) => name);
  expect(Object.keys(structs).sort()).toEqual(names.sort());
});

test('no field of any layout is as long as an address where the kernel has one', () => {
  // What is 64 bits long is a size or a mask, by name.
  const long = (path: string, { fields }: Layout): string[] =>
    fields.flatMap(({ name, size, kind, layout }) => {
      if (layout !== undefined) return long(`${path}.${name}`, layout);
      return size === 8 && kind !== 'text' ? [name] : [];
    });
  const found = new Set(table.flatMap(({ name, layout }) => (layout === undefined ? [] : long(name, layout))));
  expect([...found].sort()).toEqual(['', 'bits', 'flags', 'mask', 'values']);
});

test("the event of a GPIO line is the header's", () => {
  expect(eventLayout).toBe('48 0 8 12 16 20');
});
