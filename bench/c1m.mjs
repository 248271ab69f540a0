// @ts-check
// `npm run bench:c1m` measures a million TCP connections to one process with one Reactor, here or in a guest.
// bench/README.md describes the method.
import { lackForGuest, machines, main, prepare, report, runHere, runThere } from './million/command.mjs';
import { holdConnections, SPARE_FDS } from './million/connections.mjs';
import { updateDocs } from './million/docs.mjs';
import { allowances, mostOpenFiles } from './million/limits.mjs';
import { connectionRows } from './million/report.mjs';
import { render } from './report/terminal.mjs';

/** @typedef {import('./million/options.mjs').Options} Options */

const MILLION = 1_000_000;
const WINDOW_MS = 5000;
const SMOKE = { connections: 300, guestConnections: 1000, memoryMiB: 768, windowMs: 300, timeoutMs: 180_000 };
/** What a guest needs at least, and for a connection with both of its ends. */
const GUEST_MIB = 1024;
const GUEST_BYTES = 12 * 1024;
const LEAVE_BYTES = 384 * 1024 ** 2;
/** Milliseconds that a connection may take in all, on a machine that is busy. */
const GUEST_MS = 4;
const MEBIBYTE = 1024 ** 2;

const help = `npm run bench:c1m -- [options]

  --connections <n>   how many; most: as many as memory allows (this machine: what its limits allow; a guest: ${MILLION.toLocaleString('en')})
  --guest             in a guest, User-Mode Linux, which has no limits but its memory
  --memory <GiB>      of the guest (${GUEST_MIB / 1024} and ${GUEST_BYTES / 1024} KiB a connection)
  --timeout <min>     the guest is ended after so long
  --fit               here: as many as the limits allow, if that is less
  --smoke             a few hundred, and a thousand in a guest: does it still work
  --docs              writes the figures into docs/c10m.md
  --help              this text`;

/**
 * The message where this machine's limits are too low.
 * @param {number} wanted
 * @param {ReturnType<typeof allowances>} tooLow
 */
function explain(wanted, tooLow) {
  const most = Math.floor(tooLow[0].connections);
  const lines = tooLow.flatMap(({ name, meaning, connections, raise }) => [
    `  ${name} (${meaning}): allows ${Math.floor(connections).toLocaleString('en')}`,
    ...(raise.length > 0 ? raise.map((line) => `    ${line}`) : []),
  ]);
  return [
    `${wanted.toLocaleString('en')} connections are more than this machine's limits allow:`,
    ...lines,
    `With what there is: npm run bench:c1m -- --connections ${most}`,
    `In a guest:         npm run bench:c1m -- --connections ${wanted} --guest`,
  ].join('\n');
}

/** How many connections it will be here. @param {Options} options */
function chooseCount({ count, fit }) {
  const all = allowances(Number.isFinite(count) ? (count ?? MILLION) : MILLION);
  const most = Math.min(MILLION * 100, Math.floor(all[0].connections));
  if (count === null || count === Number.POSITIVE_INFINITY) return count === null ? Math.min(MILLION, most) : most;
  if (count <= most) return count;
  if (fit) return most;
  throw new Error(
    explain(
      count,
      all.filter(({ connections }) => connections < count),
    ),
  );
}

/** @param {number} connections @param {number} windowMs */
function hold(connections, windowMs) {
  const openFiles = Math.min(mostOpenFiles(), connections + SPARE_FDS);
  const task = { connections, openFiles, windowMs, leaveBytes: LEAVE_BYTES };
  return runHere((tell) => holdConnections(task, tell));
}

/**
 * @param {number} connections
 * @param {number | null} givenMiB
 * @param {number | null} timeoutMs
 * @param {number} windowMs
 */
function holdInGuest(connections, givenMiB, timeoutMs, windowMs) {
  const finite = Number.isFinite(connections);
  if (!finite && givenMiB === null) throw new Error('--connections most needs --memory: how much the guest shall have');
  const memoryMiB = givenMiB ?? Math.ceil(GUEST_MIB + (connections * GUEST_BYTES) / MEBIBYTE);
  // More files than the memory can hold, where there is no number to reach.
  const most = finite ? connections : Math.ceil((memoryMiB * MEBIBYTE) / 4096);
  const openFiles = most + SPARE_FDS;
  return runThere('uml', {
    kind: 'connections',
    parameters: { connections, openFiles, windowMs, leaveBytes: LEAVE_BYTES },
    files: openFiles,
    memoryMiB,
    timeoutMs: timeoutMs ?? 180_000 + most * GUEST_MS,
  });
}

/** @param {import('./million/command.mjs').Outcome} outcome */
function tell(outcome) {
  const { where, kernel, node } = outcome.machine;
  console.log(render(`C1M: ${where}; Linux ${kernel}, Node.js ${node}`, connectionRows(outcome.result)));
  return report('c1m', outcome);
}

/** @param {Options} options */
async function run(options) {
  prepare(...(options.guest ? machines.uml.requires : []));
  const outcome = options.guest
    ? await holdInGuest(options.count ?? MILLION, options.memoryMiB, options.timeoutMs, WINDOW_MS)
    : await hold(chooseCount(options), WINDOW_MS);
  const made = tell(outcome);
  const inGuest = options.count === Number.POSITIVE_INFINITY ? 'mostInGuest' : 'connectionsInGuest';
  if (options.docs) updateDocs(options.guest ? inGuest : 'connectionsHere', made);
}

async function smoke() {
  const { connections, guestConnections, memoryMiB, windowMs, timeoutMs } = SMOKE;
  prepare();
  tell(await hold(connections, windowMs));
  const lacking = lackForGuest('uml', memoryMiB);
  if (lacking !== null) console.log(`not run: c1m in a guest: ${lacking}`);
  else tell(await holdInGuest(guestConnections, memoryMiB, timeoutMs, windowMs));
}

await main({ name: 'c1m', counted: 'connections', help, run, smoke });
