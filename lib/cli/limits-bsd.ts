// The limits of macOS and the BSDs: sysctl(3), which each of them has other names for.
import { ALL, type Limit, memoryLimit, OTHER_FILES, raisedBy } from './limits.js';

/** Each facility by its names on macOS, FreeBSD, OpenBSD and NetBSD. */
const NAMES = {
  perProcess: ['kern.maxfilesperproc'],
  files: ['kern.maxfiles'],
  inUse: ['kern.num_files', 'kern.openfiles', 'kern.nfiles'],
  sockets: ['kern.ipc.maxsockets'],
  firstPort: ['net.inet.ip.portrange.first', 'net.inet.ip.portfirst', 'net.inet.ip.anonportmin'],
  lastPort: ['net.inet.ip.portrange.last', 'net.inet.ip.portlast', 'net.inet.ip.anonportmax'],
  queue: ['kern.ipc.soacceptqueue', 'kern.ipc.somaxconn', 'kern.somaxconn'],
} as const;

export const SYSCTL_NAMES: readonly string[] = Object.values(NAMES).flat();

/** What sysctl(8) printed: `name: value`, or `name=value`. Names that a system does not have are not there. */
export function parseSysctl(text: string): Map<string, number> {
  const lines = text.split('\n').map((line) => /^([\w.]+)\s*[:=]\s*(\d+)$/.exec(line.trim()));
  return new Map(lines.flatMap((match) => (match === null ? [] : [[match[1] as string, Number(match[2])]])));
}

/** What `ulimit -n` printed. */
export function parseUlimit(text: string | undefined): number | undefined {
  if (text?.trim() === 'unlimited') return Number.POSITIVE_INFINITY;
  return text !== undefined && /^\d+$/.test(text.trim()) ? Number(text) : undefined;
}

/** @param hard what `ulimit -Hn` printed @param sysctl what `sysctl` printed of SYSCTL_NAMES */
export function bsdLimits(
  hard: string | undefined,
  sysctl: string | undefined,
  memory: number | undefined,
  wanted: number,
): Limit[] {
  const values = parseSysctl(sysctl ?? '');
  const find = (names: readonly string[]): [name: string, value: number | undefined] => {
    const name = names.find((candidate) => values.has(candidate)) ?? (names[0] as string);
    return [name, values.get(name)];
  };
  const limit = (names: readonly string[], meaning: string, spare: number): Limit => {
    const [name, value] = find(names);
    const allows = value === undefined ? undefined : Math.max(value - spare, 0);
    return {
      name,
      meaning,
      value,
      allows,
      stops: ALL,
      raise: raisedBy(allows, wanted, [`sysctl ${name}=${wanted + spare}`]),
    };
  };
  const shell = parseUlimit(hard);
  const allows = shell === undefined ? undefined : shell - OTHER_FILES;
  const ulimit = [`ulimit -n ${wanted + OTHER_FILES}  # this shell, as root`];
  const [, first] = find(NAMES.firstPort);
  const [lastName, last] = find(NAMES.lastPort);
  const [firstName] = find(NAMES.firstPort);
  const ports = first === undefined || last === undefined ? undefined : last - first + 1;
  const [queueName, queue] = find(NAMES.queue);
  return [
    {
      name: 'ulimit -Hn',
      meaning: 'open files of a process',
      value: shell,
      allows,
      stops: ALL,
      raise: raisedBy(allows, wanted, ulimit),
    },
    limit(NAMES.perProcess, 'open files of any process', OTHER_FILES),
    limit(NAMES.files, 'open files of the system', (find(NAMES.inUse)[1] ?? 0) + OTHER_FILES),
    ...(find(NAMES.sockets)[1] === undefined ? [] : [limit(NAMES.sockets, 'sockets of the system', OTHER_FILES)]),
    {
      name: firstName,
      meaning: `ports for connections to one address, up to ${lastName}`,
      value: ports,
      allows: ports,
      stops: ['client'],
      raise: raisedBy(ports, wanted, [`sysctl ${firstName}=1024`, `sysctl ${lastName}=65535`]),
    },
    {
      name: queueName,
      meaning: 'connections that wait for accept()',
      value: queue,
      stops: [],
      raise: raisedBy(queue, Math.min(wanted, 65535), [`sysctl ${queueName}=${Math.min(wanted, 65535)}`]),
    },
    memoryLimit(memory, wanted),
  ];
}
