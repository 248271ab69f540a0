// What the doctor computes, from fixed inputs: the files of /proc and the output of sysctl as systems have them.
import { describe, expect, test } from 'vitest';
import { BYTES_PER_CONNECTION, capacityOf, type Limit, OTHER_FILES } from '../../lib/cli/limits.js';
import { bsdLimits } from '../../lib/cli/limits-bsd.js';
import { linuxLimits } from '../../lib/cli/limits-linux.js';
import { windowsLimits } from '../../lib/cli/limits-windows.js';

const GIGABYTE = 1e9;

/** A server of Debian as it comes, but for a limit of 20000 open files. */
const files: Record<string, string> = {
  '/proc/self/limits': `Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max open files            1024                 20000                files
Max locked memory         8388608              8388608              bytes
`,
  '/proc/sys/fs/nr_open': '1048576\n',
  '/proc/sys/fs/file-max': '2466177\n',
  '/proc/sys/fs/file-nr': '1177\t0\t2466177\n',
  '/proc/sys/fs/epoll/max_user_watches': '5491511\n',
  '/proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
  '/proc/sys/net/core/somaxconn': '4096\n',
  '/proc/sys/net/ipv4/tcp_max_syn_backlog': '2048\n',
  '/proc/sys/net/ipv4/tcp_mem': '287901\t383869\t575802\n',
};

const linux = (
  changes: Record<string, string | undefined> = {},
  memory: number | undefined = 20 * GIGABYTE,
  wanted = 1e6,
) => linuxLimits((path) => ({ ...files, ...changes })[path], memory, wanted);

const noFiles = Object.fromEntries(Object.keys(files).map((path) => [path, undefined]));
const limitOf = (limits: readonly Limit[], name: string): Limit => limits.find((limit) => limit.name === name) as Limit;
const linesOf = (limits: readonly Limit[], name: string): string => limitOf(limits, name).raise.join('\n');
const withFiles = (hard: string): Record<string, string> => ({
  '/proc/self/limits': `Max open files            1024                 ${hard}                files\n`,
});

describe('Linux', () => {
  test('the lowest limit binds, and is named', () => {
    const limits = linux();
    expect(capacityOf('server', limits)).toEqual({ connections: 20_000 - OTHER_FILES, boundBy: 'nofile (hard)' });
    expect(capacityOf('client', limits)).toEqual({ connections: 20_000 - OTHER_FILES, boundBy: 'nofile (hard)' });
    expect(capacityOf('data', limits)).toEqual({ connections: 20_000 - OTHER_FILES, boundBy: 'nofile (hard)' });
  });

  test('with enough open files: ports bind clients, pages of TCP bind what has data, the system binds the rest', () => {
    const limits = linux(withFiles('unlimited'));
    const ports = { connections: 60_999 - 32_768 + 1, boundBy: 'net.ipv4.ip_local_port_range' };
    expect(capacityOf('client', limits)).toEqual(ports);
    expect(capacityOf('data', limits)).toEqual({ connections: 575_802, boundBy: 'net.ipv4.tcp_mem' });
    expect(capacityOf('server', limits)).toEqual({ connections: 2_466_177 - 1177, boundBy: 'fs.file-max' });
  });

  test('memory binds a small machine, watches a careful one, a firewall all of them', () => {
    const small = linux(withFiles('unlimited'), GIGABYTE);
    expect(capacityOf('server', small)).toEqual({
      connections: Math.floor(GIGABYTE / BYTES_PER_CONNECTION),
      boundBy: 'memory',
    });
    const watches = linux({ ...withFiles('unlimited'), '/proc/sys/fs/epoll/max_user_watches': '1000\n' });
    expect(capacityOf('server', watches)).toEqual({ connections: 1000, boundBy: 'fs.epoll.max_user_watches' });
    const firewall = linux({ ...withFiles('unlimited'), '/proc/sys/net/netfilter/nf_conntrack_max': '65536\n' });
    expect(capacityOf('server', firewall)).toEqual({ connections: 65_536, boundBy: 'net.netfilter.nf_conntrack_max' });
  });

  test('the lines raise each limit to what is wanted', () => {
    const limits = linux({ '/proc/sys/fs/file-max': '100000', '/proc/sys/net/netfilter/nf_conntrack_max': '65536' });
    const needed = 1_000_000 + OTHER_FILES;
    for (const line of [
      `ulimit -n ${needed}`,
      `* - nofile ${needed}`,
      `LimitNOFILE=${needed}`,
      `--ulimit nofile=${needed}:${needed}`,
    ]) {
      expect(linesOf(limits, 'nofile (hard)')).toContain(line);
    }
    expect(linesOf(limits, 'nofile (hard)')).not.toContain('fs.nr_open');
    expect(linesOf(limits, 'fs.file-max')).toBe(`sysctl -w fs.file-max=${needed + 1177}`);
    expect(linesOf(limits, 'fs.epoll.max_user_watches')).toBe('');
    expect(linesOf(limits, 'net.ipv4.ip_local_port_range')).toContain('ip_local_port_range="1024 65535"');
    expect(linesOf(limits, 'net.ipv4.ip_local_port_range')).toContain('16 addresses');
    expect(linesOf(limits, 'net.core.somaxconn')).toBe('sysctl -w net.core.somaxconn=65535');
    expect(linesOf(limits, 'net.ipv4.tcp_max_syn_backlog')).toBe('sysctl -w net.ipv4.tcp_max_syn_backlog=65535');
    expect(linesOf(limits, 'net.ipv4.tcp_mem')).toMatch(/^sysctl -w net\.ipv4\.tcp_mem="500000 666669 1000000"/);
    expect(linesOf(limits, 'net.netfilter.nf_conntrack_max')).toBe(
      `sysctl -w net.netfilter.nf_conntrack_max=${needed}`,
    );
    expect(linesOf(limits, 'memory')).toBe('');
  });

  test('beyond nr_open that comes first; beyond the memory the number of megabytes is said', () => {
    const limits = linux({}, GIGABYTE, 10_000_000);
    expect(limitOf(limits, 'nofile (hard)').raise[0]).toContain(`sysctl -w fs.nr_open=${10_000_000 + OTHER_FILES}`);
    expect(linesOf(limits, 'memory')).toContain(`${Math.ceil((1e7 * BYTES_PER_CONNECTION) / 1e6)} MB`);
  });

  test('few connections: nothing is to be raised', () => {
    expect(linux({}, GIGABYTE, 1000).flatMap(({ raise }) => raise)).toEqual([]);
  });

  test('what is raised as the lines say is enough', () => {
    const raised = linux({
      ...withFiles(String(1_000_000 + OTHER_FILES)),
      '/proc/sys/net/core/somaxconn': '65535\n',
      '/proc/sys/net/ipv4/tcp_max_syn_backlog': '65535\n',
      '/proc/sys/net/ipv4/tcp_mem': '500000\t666669\t1000000\n',
      '/proc/sys/net/ipv4/ip_local_port_range': '1024\t65535\n',
    });
    expect(raised.filter(({ raise }) => raise.length > 0).map(({ name }) => name)).toEqual([
      'net.ipv4.ip_local_port_range',
    ]);
    expect(linesOf(raised, 'net.ipv4.ip_local_port_range')).toMatch(/^# and spread them over 16 addresses/);
    expect(capacityOf('server', raised).connections).toBe(1_000_000);
  });

  test.each(Object.keys(files))('%s is not there, empty, or nonsense: unknown, and the rest as before', (path) => {
    for (const text of [undefined, '', 'nonsense\n']) {
      const limits = linux({ [path]: text });
      expect(limits.map(({ name }) => name)).toEqual(linux().map(({ name }) => name));
      const changed = limits.filter(({ value }, i) => value !== linux()[i]?.value);
      for (const { value } of changed) expect(value).toBeUndefined();
      for (const { connections } of [capacityOf('server', limits), capacityOf('data', limits)]) {
        expect(connections).toBeGreaterThan(0);
      }
    }
  });

  test('nothing is known at all', () => {
    const limits = linuxLimits((path) => noFiles[path], undefined, 1e6);
    expect(capacityOf('server', limits)).toEqual({ connections: Number.POSITIVE_INFINITY, boundBy: undefined });
    for (const { value, allows } of limits) expect([value, allows]).toEqual([undefined, undefined]);
    expect(limits.flatMap(({ raise }) => raise).join('\n')).not.toMatch(/NaN|undefined/);
  });
});

describe('macOS and the BSDs', () => {
  const macOs = `kern.maxfilesperproc: 61440
kern.maxfiles: 122880
kern.num_files: 4322
net.inet.ip.portrange.first: 49152
net.inet.ip.portrange.last: 65535
kern.ipc.somaxconn: 128
`;

  test('macOS: the limit of a process, then ports', () => {
    const limits = bsdLimits('unlimited\n', macOs, 8 * GIGABYTE, 1e5);
    expect(capacityOf('server', limits)).toEqual({
      connections: 61_440 - OTHER_FILES,
      boundBy: 'kern.maxfilesperproc',
    });
    expect(capacityOf('client', limits)).toEqual({ connections: 16_384, boundBy: 'net.inet.ip.portrange.first' });
    expect(linesOf(limits, 'kern.maxfilesperproc')).toBe(`sysctl kern.maxfilesperproc=${1e5 + OTHER_FILES}`);
    expect(linesOf(limits, 'kern.maxfiles')).toBe('');
    expect(linesOf(limits, 'kern.ipc.somaxconn')).toBe('sysctl kern.ipc.somaxconn=65535');
  });

  test('FreeBSD and OpenBSD: their names, and both forms of sysctl', () => {
    const freeBsd = bsdLimits(
      '1000\n',
      'kern.maxfiles: 257000\nkern.openfiles: 90\nkern.ipc.maxsockets: 5000\n',
      undefined,
      1e4,
    );
    expect(capacityOf('server', freeBsd).boundBy).toBe('ulimit -Hn');
    expect(limitOf(freeBsd, 'kern.ipc.maxsockets').allows).toBe(5000 - OTHER_FILES);
    const openBsd = bsdLimits('x', 'kern.maxfiles=7030\nkern.somaxconn=128\nkern.nfiles=30\n', undefined, 1e4);
    expect(capacityOf('server', openBsd)).toEqual({ connections: 7000 - OTHER_FILES, boundBy: 'kern.maxfiles' });
    expect(limitOf(openBsd, 'kern.somaxconn').value).toBe(128);
  });

  test('without sysctl and ulimit nothing is known', () => {
    const limits = bsdLimits(undefined, undefined, undefined, 1e6);
    expect(capacityOf('client', limits).boundBy).toBeUndefined();
    for (const { value } of limits) expect(value).toBeUndefined();
  });
});

describe('Windows', () => {
  const german = `
Protokoll tcp Dynamischer Portbereich
---------------------------------
Startport        : 49152
Anzahl von Ports : 16384
`;

  test('ports of clients, and memory', () => {
    const limits = windowsLimits(german, GIGABYTE, 1e5);
    expect(capacityOf('client', limits)).toEqual({ connections: 16_384, boundBy: 'dynamicport tcp' });
    expect(capacityOf('server', limits).boundBy).toBe('memory');
    expect(linesOf(limits, 'dynamicport tcp')).toContain('netsh int ipv4 set dynamicport tcp start=1025');
  });

  test('without netsh it is unknown', () => {
    expect(limitOf(windowsLimits(undefined, GIGABYTE, 1e5), 'dynamicport tcp').value).toBeUndefined();
  });
});
