// @ts-check
// `npm run bench:c10m` measures ten million registrations in one Reactor, in a guest. bench/README.md describes the
// method.
import { lackForGuest, machines, main, prepare, report, runHere, runThere } from './million/command.mjs';
import { updateDocs } from './million/docs.mjs';
import { mostOpenFiles } from './million/limits.mjs';
import { watchRegistrations } from './million/registrations.mjs';
import { eventRows, registrationRows, stageRows } from './million/report.mjs';
import { render } from './report/terminal.mjs';

/** @typedef {import('./million/options.mjs').Options} Options */

const TEN_MILLION = 10_000_000;
const ACTIVE = 4000;
const SPARE_FDS = 1000;
const SMOKE = { registrations: 3000, guestRegistrations: 20_000, memoryMiB: 768, timeoutMs: 240_000 };
/** What a guest needs at least, and for a registration with its eventfd. */
const GUEST_MIB = 1024;
const GUEST_BYTES = 1536;
/** Milliseconds that a registration may take in all, on a machine that is busy. */
const GUEST_MS = 0.3;

const help = `npm run bench:c10m -- [options]

  --registrations <n>   how many (${TEN_MILLION.toLocaleString('en')})
  --guest               in a qemu guest, also where this machine's limits would do; more than those allow always are
  --memory <GiB>        of the guest (${GUEST_MIB / 1024} and ${GUEST_BYTES} B a registration)
  --timeout <min>       the guest is ended after so long
  --smoke               a few thousand here and in a guest: does it still work
  --docs                writes the figures into docs/c10m.md
  --help                this text`;

/** @param {number} registrations */
const watch = (registrations) => runHere((tell) => watchRegistrations({ registrations, active: ACTIVE }, tell));

/** @param {number} registrations @param {number | null} memoryMiB @param {number | null} timeoutMs */
const watchInGuest = (registrations, memoryMiB, timeoutMs) =>
  runThere('qemu', {
    kind: 'registrations',
    parameters: { registrations, active: ACTIVE },
    files: registrations + SPARE_FDS,
    memoryMiB: memoryMiB ?? Math.ceil(GUEST_MIB + (registrations * GUEST_BYTES) / 1024 ** 2),
    timeoutMs: timeoutMs ?? 300_000 + registrations * GUEST_MS,
  });

/** @param {import('./million/command.mjs').Outcome} outcome */
function tell(outcome) {
  const { where, kernel, node } = outcome.machine;
  console.log(render(`C10M: ${where}; Linux ${kernel}, Node.js ${node}`, stageRows(outcome.result)));
  console.log(render('an event', eventRows(outcome.result)));
  console.log(render('in all', registrationRows(outcome.result)));
  return report('c10m', outcome);
}

/** @param {Options} options */
async function run({ count, guest, memoryMiB, timeoutMs, docs }) {
  const registrations = count ?? TEN_MILLION;
  if (!Number.isFinite(registrations)) throw new Error('--registrations needs a number');
  const inGuest = guest || registrations + SPARE_FDS > mostOpenFiles();
  prepare(...(inGuest ? machines.qemu.requires : []));
  const outcome = inGuest ? await watchInGuest(registrations, memoryMiB, timeoutMs) : await watch(registrations);
  const made = tell(outcome);
  if (docs) updateDocs('registrations', made);
}

async function smoke() {
  const { registrations, guestRegistrations, memoryMiB, timeoutMs } = SMOKE;
  prepare();
  tell(await watch(registrations));
  const lacking = lackForGuest('qemu', memoryMiB);
  if (lacking !== null) console.log(`not run: c10m in a guest: ${lacking}`);
  else tell(await watchInGuest(guestRegistrations, memoryMiB, timeoutMs));
}

await main({ name: 'c10m', counted: 'registrations', help, run, smoke });
