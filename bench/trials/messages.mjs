// @ts-check
// Measures recvmsg() with a Message beside recvfrom() and beside C, and the passing of fds beside C.
import { built } from '../harness/build.mjs';
import { runProgram } from '../harness/processes.mjs';
import { runForJson } from '../harness/programs.mjs';

/** @typedef {import('../harness/types.mjs').Row & { kind: string, isC: boolean }} MessagesRow */

const COUNTS = { warmUp: 50_000, operations: 200_000 };
const SMOKE = { warmUp: 200, operations: 500 };

/** @param {string} name @param {string} kind @returns {MessagesRow} */
const inC = (name, kind) => ({ name, kind, isC: true, requires: [] });
/** @param {string} name @param {string} kind @returns {MessagesRow} */
const inPackage = (name, kind) => ({ name, kind, isC: false, requires: ['package'] });

/** @param {MessagesRow} row @param {import('../harness/types.mjs').Bench} bench */
async function measure({ kind, isC }, bench) {
  const { warmUp, operations } = bench.smoke ? SMOKE : COUNTS;
  const args = [kind, warmUp, operations].map(String);
  const work = isC
    ? JSON.parse(await runProgram(bench.cores.server, built('messages'), args))
    : await runForJson(bench, 'programs/messages.mjs', args);
  return { ...work, value: (work.cpuSeconds / work.operations) * 1e9, problems: [] };
}

/** @param {{ name: string, title: string, unit: string, rows: MessagesRow[] }} what @param {any[]} targets */
function messagesTable(what, targets) {
  /** @type {import('../harness/types.mjs').Table<MessagesRow>} */
  const table = {
    ...what,
    suite: 'messages',
    requires: ['cc', 'make'],
    separate: true,
    open: async (row, bench) => ({ measure: () => measure(row, bench) }),
    targets,
  };
  return table;
}

export default [
  messagesTable(
    {
      name: 'messages-recv',
      title: 'A datagram of 64 bytes, received with its sender',
      unit: 'ns CPU/datagram',
      rows: [
        inC('C recvmsg', 'recvmsg'),
        inC('C recvfrom', 'recvfrom'),
        inPackage('recvfrom()', 'recvfrom'),
        inPackage('recvmsg()', 'recvmsg'),
      ],
    },
    [{ row: 'recvmsg()', against: 'recvfrom()', atMost: 1.1 }],
  ),
  messagesTable(
    {
      name: 'messages-fds',
      title: 'An fd passed over a socket pair, and closed',
      unit: 'ns CPU/fd',
      rows: [inC('C sendmsg, recvmsg', 'fds'), inPackage('sendFds(), recvFds()', 'fds')],
    },
    [{ row: 'sendFds(), recvFds()', against: 'C sendmsg, recvmsg', atMost: 1.3 }],
  ),
];
