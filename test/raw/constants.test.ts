// Every constant has the value of this machine's headers: a small C program prints them, and the two lists are
// compared.
import { execFileSync } from 'node:child_process';
import * as epoll from 'fdreactor/epoll';
import * as linux from 'fdreactor/linux';
import * as socket from 'fdreactor/socket';
import * as transfer from 'fdreactor/transfer';
import { expect, test } from 'vitest';
import { compileC } from '../helpers/compile-c.js';

const own: Record<string, number> = {
  ...(epoll.supported ? Object.fromEntries(Object.entries(epoll).filter(([name]) => /^EPOLL[A-Z_]+$/.test(name))) : {}),
  ...socket.constants,
  ...transfer.constants,
  ...linux.constants,
};

/** What older headers of Linux lack: compared where the headers have them. */
const newer = ['F_SEAL_EXEC', 'MFD_EXEC', 'MFD_NOEXEC_SEAL'];

const headers = [
  'time.h', // before linux/errqueue.h, which needs it and does not say so
  'fcntl.h',
  'limits.h',
  'linux/errqueue.h',
  'linux/net_tstamp.h',
  'sys/ioctl.h',
  'net/if.h',
  'asm/ioctls.h',
  'asm/termbits.h',
  'linux/gpio.h',
  'linux/if_tun.h',
  'linux/serial.h',
  'netinet/in.h',
  'netinet/tcp.h',
  'netinet/udp.h',
  'signal.h',
  'stdio.h',
  'sys/epoll.h',
  'sys/eventfd.h',
  'sys/inotify.h',
  'sys/mman.h',
  'sys/socket.h',
  'sys/timerfd.h',
  'sys/uio.h',
  'linux/netlink.h',
  'linux/rtnetlink.h',
  'linux/vm_sockets.h',
  'sys/wait.h',
];
const program = compileC(`
${headers.map((header) => `#include <${header}>`).join('\n')}
int main(void) {
${Object.keys(own)
  .map((name) => {
    const print = `  printf("${name} %lld\\n", (long long)(unsigned)(${name}));`;
    return newer.includes(name) ? `#ifdef ${name}\n${print}\n#endif` : print;
  })
  .join('\n')}
}`);

test('values agree with the headers', () => {
  const lines = execFileSync(program, { encoding: 'utf8' }).trim().split('\n');
  const ofHeaders = Object.fromEntries(
    lines.map((line) => line.split(' ')).map(([name, value]) => [name, Number(value)]),
  );
  const lacking = newer.filter((name) => !(name in ofHeaders));
  expect(Object.fromEntries(Object.entries(own).filter(([name]) => !lacking.includes(name)))).toEqual(ofHeaders);
});

test('the ones that the contract names are there', () => {
  const names = [
    'EPOLLIN',
    'EPOLLOUT',
    'EPOLLPRI',
    'EPOLLERR',
    'EPOLLHUP',
    'EPOLLRDHUP',
    'EPOLLET',
    'EPOLLONESHOT',
    'EPOLLEXCLUSIVE',
    'EPOLLWAKEUP',
    'SHUT_RD',
    'SHUT_WR',
    'SHUT_RDWR',
    'AF_INET',
    'AF_INET6',
    'AF_UNIX',
    'AF_NETLINK',
    'AF_PACKET',
    'AF_VSOCK',
    'VMADDR_CID_ANY',
    'VMADDR_CID_HYPERVISOR',
    'VMADDR_CID_HOST',
    'VMADDR_PORT_ANY',
    'NETLINK_ROUTE',
    'NETLINK_KOBJECT_UEVENT',
    'NETLINK_GENERIC',
    'SOCK_STREAM',
    'SOCK_DGRAM',
    'SOL_SOCKET',
    'SO_REUSEADDR',
    'MSG_PEEK',
    'MSG_OOB',
    'SPLICE_F_MOVE',
    'SPLICE_F_NONBLOCK',
    'SPLICE_F_MORE',
    'SPLICE_F_GIFT',
    ...(linux.supported ? ['EFD_SEMAPHORE', 'TFD_TIMER_ABSTIME', 'IN_CREATE', 'P_PIDFD', 'WEXITED', 'F_SETFL'] : []),
  ];
  for (const name of names) {
    if (epoll.supported || !name.startsWith('EPOLL')) expect(own).toHaveProperty(name);
  }
});

test('they are unsigned numbers, and cannot be changed', () => {
  for (const [name, value] of Object.entries(own)) expect(value, name).toBeGreaterThanOrEqual(0);
  for (const constants of [socket.constants, transfer.constants, linux.constants])
    expect(Object.isFrozen(constants)).toBe(true);
});
