// What the doctor found, as text for a terminal.
import type { Report } from './doctor.js';
import type { Capacity, Limit } from './limits.js';

/** Grouped by commas; whatever the language of the user, the lines to copy have none. */
function inWords(value: number | undefined): string {
  if (value === undefined) return 'unknown';
  return value === Number.POSITIVE_INFINITY ? 'unlimited' : value.toLocaleString('en-US');
}

/** Columns of equal width; the last is as long as it is. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map(
    (row) => `  ${row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('  ')}`,
  );
}

function systemLines({ system, addon }: Report): string[] {
  const can = Object.entries(addon?.capabilities ?? {}).filter(([, value]) => typeof value === 'boolean');
  const list = (there: boolean): string =>
    can.flatMap(([name, value]) => (value === there ? [name] : [])).join(', ') || '-';
  return table([
    ['system', system.kernel],
    ['this process', system.process],
    ...(addon.error === undefined
      ? [
          ['add-on', addon.file ?? 'unknown'],
          ['backend', addon.capabilities?.backends.join(', ') || 'none'],
          ['has', list(true)],
          ['has not', list(false)],
        ]
      : [['add-on', `cannot be loaded: ${addon.error.replaceAll('\n', '\n                ')}`]]),
  ]);
}

function limitRows(limits: readonly Limit[]): string[] {
  const row = ({ name, value, meaning }: Limit): string[] => [name, inWords(value), meaning];
  return table([['LIMIT', 'IS', 'MEANING'], ...limits.map(row)]);
}

function capacityRows({ server, client, data }: Report): string[] {
  const row = (what: string, { connections, boundBy }: Capacity): string[] => [
    what,
    inWords(connections),
    boundBy ?? 'no limit that is known here',
  ];
  return table([
    ['CONNECTIONS', 'AT MOST', 'BOUND FIRST BY'],
    row('accepted, idle', server),
    row('opened to one address, idle', client),
    row('with data waiting in each', data),
  ]);
}

function raiseLines({ limits, connections }: Report): string[] {
  const low = limits.filter(({ raise }) => raise.length > 0);
  if (low.length === 0) return [`All of it is enough for ${inWords(connections)} connections.`];
  return [
    `For ${inWords(connections)} connections (--connections N for another number), as root:`,
    ...low.flatMap(({ name, raise }) => ['', `  ${name}`, ...raise.map((line) => `    ${line}`)]),
    ...(low.some(({ raise }) => raise.some((line) => line.startsWith('sysctl')))
      ? ['', '  What sysctl sets is gone after a restart; in /etc/sysctl.conf, without "sysctl -w", it stays.']
      : []),
  ];
}

export function asText(report: Report): string {
  const parts = [systemLines(report), limitRows(report.limits), capacityRows(report), raiseLines(report)];
  return [`fdreactor ${report.version}`, ...parts.map((lines) => lines.join('\n'))].join('\n\n');
}
