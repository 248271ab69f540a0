// @ts-check
// Lists the generated files: where each stands, which C++ files it comes from, and its text.
import { mergeNames, readEnum, readResults, readTable } from './tables.mjs';

/** @typedef {import('./tables.mjs').Constant} Constant */
/** @typedef {{ file: string, from: string[], text: (root: string) => string }} Output text: without the first line */

const MAX_COLUMNS = 120;
const LINUX = 'native/sys/linux/constants_linux.cc';
const BSD = 'native/sys/bsd/constants_bsd.cc';
const KQUEUE = 'native/sys/kqueue/constants_kqueue.cc';
const WINDOWS = 'native/sys/windows/constants_windows.cc';
const PORT = 'native/sys/windows/port/constants_port.cc';
const AFD = 'native/core/afd_events.h';
const RESULT = 'native/core/result.h';
const platforms = [LINUX, BSD, KQUEUE, WINDOWS];

/** The groups of native/sys/constants.h that are typed by name, and what is said of each. */
const groups = {
  socket: 'Names of `constants` in fdreactor/socket.',
  transfer: 'Names of `constants` in fdreactor/transfer.',
  epoll: 'Names of the numbers of epoll(7) in the native table.',
  kqueue: 'Names of the numbers of kqueue(2) in the native table.',
  error: 'Names of the error numbers in the native table.',
};

/** @param {string} text @param {string} indent */
function tsdoc(text, indent = '') {
  const line = `${indent}/** ${text} */`;
  if (line.length <= MAX_COLUMNS) return line;
  const width = MAX_COLUMNS - indent.length - ' * '.length;
  const lines = text.match(new RegExp(`.{1,${width}}(?: |$)`, 'g')) ?? [];
  return [`${indent}/**`, ...lines.map((part) => `${indent} * ${part.trimEnd()}`), `${indent} */`].join('\n');
}

/** @param {string} name @param {string} doc @param {string[]} names */
function unionType(name, doc, names) {
  const line = `export type ${name} = ${names.map((each) => `'${each}'`).join(' | ')};`;
  const lines = `export type ${name} =\n${names.map((each) => `  | '${each}'`).join('\n')};`;
  return `${tsdoc(doc)}\n${line.length <= MAX_COLUMNS ? line : lines}\n`;
}

/** @param {string} root */
function namesText(root) {
  const types = Object.entries(groups).map(([group, doc]) => {
    const names = mergeNames(platforms.map((file) => readTable(root, file, group)));
    return unionType(`${group.charAt(0).toUpperCase()}${group.slice(1)}Constant`, doc, names);
  });
  return `// The names of the constants, a type a group. A name that a platform does not have is undefined there.\n\n${types.join('\n')}`;
}

/** Exports what has a text for the reference. @param {Constant[]} constants @param {(each: Constant) => string} value */
const exportsOf = (constants, value) =>
  constants
    .filter(({ doc }) => doc !== '')
    .map((each) => `${tsdoc(each.doc)}\nexport const ${each.name}${value(each)};\n`)
    .join('');

/** @param {string} type @param {string} group */
const tableOf = (type, group) => `import type { ${type} } from '../../native/constant-names.gen.js';
import { native } from '../../native/table.js';

const constants: Readonly<Partial<Record<${type}, number>>> = native.constants.${group} ?? {};
`;

/** @param {string} root */
const epollText = (root) => `// The numbers of <sys/epoll.h> by their own names. Exported as a part of fdreactor/epoll.
${tableOf('EpollConstant', 'epoll')}
${exportsOf(readTable(root, LINUX, 'epoll'), ({ name }) => `: number = constants.${name} ?? 0`)}`;

/** @param {string} root */
const kqueueText = (
  root,
) => `// The numbers of <sys/event.h> by their own names (kqueue(2)). Each is undefined where the system does not have it.
// Exported as a part of fdreactor/kqueue.
${tableOf('KqueueConstant', 'kqueue')}
${exportsOf(readTable(root, KQUEUE, 'kqueue'), ({ name }) => `: number = constants.${name} as number`)}`;

/** @param {string} root */
function portText(root) {
  const afd = readEnum(root, AFD, 'AfdEvent').map((each) => ({
    ...each,
    name: each.name.replace('AFD_', 'AFD_POLL_'),
  }));
  const port = readTable(root, PORT, 'iocp');
  return `// The numbers of Windows that belong to completion ports and overlapped calls, by their own names. They are the same
// in every version of Windows, and every platform has them. Exported as a part of fdreactor/iocp.

${exportsOf([...afd, ...port], ({ value }) => ` = ${value}`)}`;
}

/** @param {string} root */
const readyText = (root) => `// The bits that tell what happened to an fd. interest.ts says what each means.

export const ReadyBit = {
${readEnum(root, AFD, 'ReadyBit')
  .map(({ name, value }) => `  ${name}: ${value},`)
  .join('\n')}
} as const;
`;

/** @param {string} root */
const resultText = (
  root,
) => `// The results of native calls that are no count, no fd and no error of the system. errors.ts exports them.

${exportsOf(readResults(root, RESULT), ({ value }) => ` = ${value}`)}`;

/** @type {Output[]} */
export const outputs = [
  { file: 'lib/native/constant-names.gen.ts', from: platforms, text: namesText },
  { file: 'lib/queue/epoll/constants.gen.ts', from: [LINUX], text: epollText },
  { file: 'lib/queue/kqueue/constants.gen.ts', from: [KQUEUE], text: kqueueText },
  { file: 'lib/queue/iocp/constants.gen.ts', from: [AFD, PORT], text: portText },
  { file: 'lib/reactor/ready-bits.gen.ts', from: [AFD], text: readyText },
  { file: 'lib/base/results.gen.ts', from: [RESULT], text: resultText },
];
