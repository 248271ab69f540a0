// The limits of Linux: proc(5), ip(7), tcp(7), getrlimit(2).
import { ALL, type Limit, memoryLimit, numbersIn, OTHER_FILES, raisedBy } from './limits.js';

/** The text of a file; undefined where it cannot be read. */
export type ReadFile = (path: string) => string | undefined;

const LOWEST_PORT = 1024;
const HIGHEST_PORT = 65535;
const PORTS_AT_MOST = HIGHEST_PORT - LOWEST_PORT + 1;
/** A queue longer than this does not help: its last clients have given up. */
const LONGEST_QUEUE = 65535;

const less = (a: number | undefined, b: number): number | undefined =>
  a === undefined ? undefined : Math.max(a - b, 0);

function openFiles(read: ReadFile, wanted: number): Limit[] {
  const row = /^Max open files\s+(\S+)\s+(\S+)/m.exec(read('/proc/self/limits') ?? '');
  const [soft, hard] = [row?.[1], row?.[2]].map((text) =>
    text === undefined ? undefined : text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text),
  );
  const [max] = numbersIn(read('/proc/sys/fs/nr_open'));
  const needed = wanted + OTHER_FILES;
  const allows = less(hard, OTHER_FILES);
  const lines = [
    ...(max !== undefined && max < needed ? [`sysctl -w fs.nr_open=${needed}  # first: no limit can be higher`] : []),
    `ulimit -n ${needed}  # this shell; beyond the hard limit as root only`,
    `* - nofile ${needed}  # in /etc/security/limits.conf: every login from now on`,
    `LimitNOFILE=${needed}  # in the [Service] part of a systemd unit`,
    `docker run --ulimit nofile=${needed}:${needed}  # a container`,
  ];
  const files = 'open files of a process';
  return [
    { name: 'nofile (hard)', meaning: files, value: hard, allows, stops: ALL, raise: raisedBy(allows, wanted, lines) },
    { name: 'nofile (soft)', meaning: `${files}; node raises it to the hard one`, value: soft, stops: [], raise: [] },
    { name: 'fs.nr_open', meaning: 'the highest that nofile can be', value: max, stops: [], raise: [] },
  ];
}

function systemFiles(read: ReadFile, wanted: number): Limit {
  const [value] = numbersIn(read('/proc/sys/fs/file-max'));
  const [inUse = 0] = numbersIn(read('/proc/sys/fs/file-nr'));
  const allows = less(value, inUse);
  const raise = raisedBy(allows, wanted, [`sysctl -w fs.file-max=${wanted + inUse + OTHER_FILES}`]);
  return {
    name: 'fs.file-max',
    meaning: `open files of the system, ${inUse} in use`,
    value,
    allows,
    stops: ALL,
    raise,
  };
}

function watches(read: ReadFile, wanted: number): Limit {
  const name = 'fs.epoll.max_user_watches';
  const [value] = numbersIn(read('/proc/sys/fs/epoll/max_user_watches'));
  const raise = raisedBy(value, wanted, [`sysctl -w ${name}=${wanted + OTHER_FILES}`]);
  return { name, meaning: 'registrations of a user in epoll', value, allows: value, stops: ALL, raise };
}

function ports(read: ReadFile, wanted: number): Limit {
  const name = 'net.ipv4.ip_local_port_range';
  const [first, last] = numbersIn(read('/proc/sys/net/ipv4/ip_local_port_range'));
  const value = first === undefined || last === undefined ? undefined : last - first + 1;
  const times = Math.ceil(wanted / PORTS_AT_MOST);
  const raise = raisedBy(value, wanted, [
    ...(value !== undefined && value >= PORTS_AT_MOST
      ? []
      : [`sysctl -w ${name}="${LOWEST_PORT} ${HIGHEST_PORT}"  # ${PORTS_AT_MOST} ports`]),
    ...(times > 1
      ? [`# and spread them over ${times} addresses: other ports or hosts to connect to, or bind() own ones`]
      : []),
  ]);
  const meaning = `ports for connections to one address${value === undefined ? '' : `, ${first} to ${last}`}`;
  return { name, meaning, value, allows: value, stops: ['client'], raise };
}

function queue(read: ReadFile, name: string, file: string, meaning: string, wanted: number): Limit {
  const [value] = numbersIn(read(file));
  const enough = Math.min(wanted, LONGEST_QUEUE);
  return { name, meaning, value, stops: [], raise: raisedBy(value, enough, [`sysctl -w ${name}=${enough}`]) };
}

/** TCP's memory is counted in pages, and a connection with one byte waiting has one. */
function tcpMemory(read: ReadFile, wanted: number): Limit {
  const name = 'net.ipv4.tcp_mem';
  const [low, pressure, max] = numbersIn(read('/proc/sys/net/ipv4/tcp_mem'));
  const factor = wanted / (max ?? wanted);
  const raised = [low, pressure, max].map((pages) => Math.ceil((pages ?? wanted) * factor)).join(' ');
  const raise = raisedBy(max, wanted, [`sysctl -w ${name}="${raised}"  # pages; only as much as there is memory`]);
  return {
    name,
    meaning: 'pages for data of TCP, one at least where some waits',
    value: max,
    allows: max,
    stops: ['data'],
    raise,
  };
}

/** Only where a firewall counts connections: then it drops what is too many, in silence. */
function tracked(read: ReadFile, wanted: number): Limit[] {
  const name = 'net.netfilter.nf_conntrack_max';
  const text = read('/proc/sys/net/netfilter/nf_conntrack_max');
  if (text === undefined) return [];
  const [value] = numbersIn(text);
  const raise = raisedBy(value, wanted, [`sysctl -w ${name}=${wanted + OTHER_FILES}`]);
  return [{ name, meaning: 'connections that the firewall keeps track of', value, allows: value, stops: ALL, raise }];
}

/** @param memory bytes available @param wanted for how many connections there are to be lines that raise */
export function linuxLimits(read: ReadFile, memory: number | undefined, wanted: number): Limit[] {
  return [
    ...openFiles(read, wanted),
    systemFiles(read, wanted),
    watches(read, wanted),
    ports(read, wanted),
    queue(read, 'net.core.somaxconn', '/proc/sys/net/core/somaxconn', 'connections that wait for accept()', wanted),
    queue(
      read,
      'net.ipv4.tcp_max_syn_backlog',
      '/proc/sys/net/ipv4/tcp_max_syn_backlog',
      'connections that are being made',
      wanted,
    ),
    tcpMemory(read, wanted),
    ...tracked(read, wanted),
    memoryLimit(memory, wanted),
  ];
}
