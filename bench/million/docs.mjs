// @ts-check
// Writes the figures of docs/c10m.md. docs/c10m.json keeps the results that were measured with --docs. The parts of
// the page between markers come from them, each with its command and its machine, and so does the estimate for ten
// million connections.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { formatNumber } from '../report/terminal.mjs';
import { connectionRows, eventRows, registrationRows, stageRows, userBytes } from './report.mjs';

/** @typedef {import('./report.mjs').Row} Row */
/** @typedef {import('./types.mjs').Report<import('./types.mjs').ConnectionsResult>} ConnectionsReport */
/** @typedef {import('./types.mjs').Report<import('./types.mjs').RegistrationsResult>} RegistrationsReport */
/**
 * @typedef {object} Measured
 * @property {ConnectionsReport} [connectionsInGuest]
 * @property {ConnectionsReport} [mostInGuest]
 * @property {ConnectionsReport} [connectionsHere]
 * @property {RegistrationsReport} [registrations]
 */

const page = fileURLToPath(new URL('../../docs/c10m.md', import.meta.url));
const figures = fileURLToPath(new URL('../../docs/c10m.json', import.meta.url));

const TEN_MILLION = 10_000_000;
const GIBIBYTE = 1024 ** 3;
/** Seconds between two messages of one connection. */
const INTERVALS = [600, 60, 10, 1];
const PAYLOAD_BYTES = 64;
/** Ethernet's preamble, header, checksum and gap, and the headers of IPv4 and of TCP with time stamps. */
const FRAME_BYTES = 38 + 20 + 32 + PAYLOAD_BYTES;
/** Structures that only the server's end has, by the names of their slab caches. */
const SERVER_ONLY = ['eventpoll_epi', 'eventpoll_pwq', 'ep_head'];

/** @param {Row[]} rows */
function markdown(rows) {
  const names = Object.keys(rows[0]);
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(names), line(names.map(() => '---')), ...rows.map((row) => line(Object.values(row)))].join('\n');
}

/** @param {import('./types.mjs').Report<unknown>} report */
function origin({ command, machine }) {
  const memory = `${formatNumber(machine.memoryBytes / GIBIBYTE)} GiB`;
  return `\`${command}\`, ${machine.date.slice(0, 10)}; ${machine.where} (${machine.cpu}, ${memory}), Linux ${machine.kernel}, Node.js ${machine.node}`;
}

/** @param {ConnectionsReport} report */
const connections = (report) => `${origin(report)}\n\n${markdown(connectionRows(report.result))}`;

/** @param {RegistrationsReport} report */
const registrations = (report) =>
  [origin(report), ...[stageRows, eventRows, registrationRows].map((rows) => markdown(rows(report.result)))].join(
    '\n\n',
  );

/**
 * The kernel's bytes for the server's end: half of what both ends have, and all that only one has.
 * @param {ConnectionsReport} report
 */
function kernelBytesOfEnd({ result: { kernelPair } }) {
  const caches = kernelPair.caches ?? {};
  const own = SERVER_ONLY.reduce((sum, name) => sum + (caches[name] ?? 0), 0);
  return (kernelPair.slab - own) / 2 + own;
}

const gibibytes = (/** @type {number} */ bytes) => `${formatNumber((bytes * TEN_MILLION) / GIBIBYTE)} GiB`;

/** @param {ConnectionsReport} guest */
function memoryRows(guest) {
  const kernel = kernelBytesOfEnd(guest);
  const user = userBytes(guest.result.userSpace);
  const one = (/** @type {string} */ what, /** @type {number} */ bytes) => ({
    memory: what,
    'a connection': `${formatNumber(bytes)} B`,
    'ten million': gibibytes(bytes),
  });
  return [
    one('kernel: socket, file and registration, idle', kernel),
    one('user space: the Reactor', user),
    one('both', kernel + user),
  ];
}

/** @param {ConnectionsReport} here */
function loadRows({ result: { active } }) {
  const cpuSeconds = active.serverCpuSeconds / active.roundTrips;
  return INTERVALS.map((interval) => {
    const rate = TEN_MILLION / interval;
    return {
      'a message every': `${interval} s`,
      'round trips a second': Math.round(rate).toLocaleString('en'),
      cores: formatNumber(rate * cpuSeconds),
      'packets a second, each way': Math.round(rate).toLocaleString('en'),
      'network, each way': `${formatNumber((rate * FRAME_BYTES * 8) / 1e9)} Gbit/s`,
    };
  });
}

/** @param {Measured} measured */
function sizing({ connectionsInGuest, connectionsHere }) {
  const parts = [];
  if (connectionsInGuest !== undefined) {
    const { connections: count } = connectionsInGuest.result;
    parts.push(
      `From the ${count.toLocaleString('en')} connections in a guest:`,
      markdown(memoryRows(connectionsInGuest)),
    );
  }
  if (connectionsHere !== undefined) {
    const { serverCpuSeconds, roundTrips, connections: active } = connectionsHere.result.active;
    const each = formatNumber((serverCpuSeconds / roundTrips) * 1e6);
    parts.push(
      `From ${each} us of CPU for a round trip (${active} active connections, over loopback) and ${PAYLOAD_BYTES} bytes of data:`,
      markdown(loadRows(connectionsHere)),
    );
  }
  return parts.join('\n\n');
}

/** The page with its marked parts written anew. @param {string} text @param {Measured} measured */
export function fill(text, measured) {
  const { connectionsInGuest, mostInGuest, connectionsHere, registrations: watched } = measured;
  /** @type {Record<string, string | undefined>} */
  const parts = {
    connectionsInGuest: connectionsInGuest && connections(connectionsInGuest),
    mostInGuest: mostInGuest && connections(mostInGuest),
    connectionsHere: connectionsHere && connections(connectionsHere),
    registrations: watched && registrations(watched),
    sizing: sizing(measured) || undefined,
  };
  return text.replace(/(<!-- (\w+) -->\n).*?(<!-- end -->)/gs, (whole, head, name, end) =>
    parts[name] === undefined ? whole : `${head}${parts[name]}\n${end}`,
  );
}

/** @param {keyof Measured} name @param {import('./types.mjs').Report<any>} report */
export function updateDocs(name, report) {
  /** @type {Measured} */
  const measured = existsSync(figures) ? JSON.parse(readFileSync(figures, 'utf8')) : {};
  measured[name] = report;
  writeFileSync(figures, `${JSON.stringify(measured, null, 2)}\n`);
  writeFileSync(page, fill(readFileSync(page, 'utf8'), measured));
  console.log(`Written: ${page}`);
}
