// @ts-check
// Lists the generated files: where each stands, which C++ files it comes from, and its text.
import { mergeNames, readEnum, readResults, readTable } from './tables.mjs';

/** @typedef {import('./tables.mjs').Constant} Constant */
/**
 * @typedef {object} Output
 * @property {string} file
 * @property {string[]} from the C++ files
 * @property {string[]} about what the file is, as lines of a comment
 * @property {(root: string) => string} text what follows the comment
 */

const MAX_COLUMNS = 120;
const LINUX = 'native/sys/linux/constants_linux.cc';
const LINUX_FILES = 'native/sys/linux/fds/constants_facilities_linux.cc';
const LINUX_DEVICES = 'native/sys/linux/ioctl/constants_devices_linux.cc';
const BSD = 'native/sys/bsd/constants_bsd.cc';
const KQUEUE = 'native/sys/kqueue/constants_kqueue.cc';
const WINDOWS = 'native/sys/windows/constants_windows.cc';
const PORT = 'native/sys/windows/port/constants_port.cc';
const AFD = 'native/core/afd_events.h';
const RESULT = 'native/core/result.h';
const platforms = [LINUX, BSD, KQUEUE, WINDOWS];
const linuxFds = [LINUX_FILES, LINUX_DEVICES];

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

/** @param {string} root @param {string[]} files @param {string} group @param {string} doc */
function namesOf(root, files, group, doc) {
  const names = mergeNames(files.map((file) => readTable(root, file, group)));
  return unionType(`${group.charAt(0).toUpperCase()}${group.slice(1)}Constant`, doc, names);
}

/** @param {string} root */
const namesText = (root) =>
  Object.entries(groups)
    .map(([group, doc]) => namesOf(root, platforms, group, doc))
    .join('\n');

/**
 * Exports the constants that have a text for the reference.
 * @param {Constant[]} constants
 * @param {(each: Constant) => string} value
 */
const exportsOf = (constants, value) =>
  constants
    .filter(({ doc }) => doc !== '')
    .map((each) => `${tsdoc(each.doc)}\nexport const ${each.name}${value(each)};\n`)
    .join('');

/** @param {string} type @param {string} group */
const importsOf = (type, group) => `import type { ${type} } from '../../native/constant-names.gen.js';
import { native } from '../../native/table.js';

const constants: Readonly<Partial<Record<${type}, number>>> = native.constants.${group} ?? {};

`;

/** @param {string} root */
const epollText = (root) =>
  importsOf('EpollConstant', 'epoll') +
  exportsOf(readTable(root, LINUX, 'epoll'), ({ name }) => `: number = constants.${name} ?? 0`);

/** @param {string} root */
const kqueueText = (root) =>
  importsOf('KqueueConstant', 'kqueue') +
  exportsOf(readTable(root, KQUEUE, 'kqueue'), ({ name }) => `: number = constants.${name} as number`);

/** @param {string} root */
function portText(root) {
  const afd = readEnum(root, AFD, 'AfdEvent');
  const poll = afd.map((each) => ({ ...each, name: each.name.replace('AFD_', 'AFD_POLL_') }));
  return exportsOf([...poll, ...readTable(root, PORT, 'iocp')], ({ value }) => ` = ${value}`);
}

/** @param {string} root */
function readyText(root) {
  const members = readEnum(root, AFD, 'ReadyBit').map(({ name, value }) => `  ${name}: ${value},\n`);
  return `export const ReadyBit = {\n${members.join('')}} as const;\n`;
}

/** @param {string} root */
const resultText = (root) => exportsOf(readResults(root, RESULT), ({ value }) => ` = ${value}`);

/** @type {Output[]} */
export const outputs = [
  {
    file: 'lib/native/constant-names.gen.ts',
    from: platforms,
    about: ['Names of constants, a type a group. A name that a platform does not have is undefined there.', ''],
    text: namesText,
  },
  {
    file: 'lib/native/linux-constant-names.gen.ts',
    from: linuxFds,
    about: ['Names of the constants of fdreactor/linux.', ''],
    text: (root) => namesOf(root, linuxFds, 'linux', 'Names of `constants` in fdreactor/linux.'),
  },
  {
    file: 'lib/queue/epoll/constants.gen.ts',
    from: [LINUX],
    about: ['Numbers of <sys/epoll.h> by their own names. Exported as a part of fdreactor/epoll.'],
    text: epollText,
  },
  {
    file: 'lib/queue/kqueue/constants.gen.ts',
    from: [KQUEUE],
    about: [
      'Numbers of <sys/event.h> by their own names (kqueue(2)). Each is undefined where the system does not have it.',
      'Exported as a part of fdreactor/kqueue.',
    ],
    text: kqueueText,
  },
  {
    file: 'lib/queue/iocp/constants.gen.ts',
    from: [AFD, PORT],
    about: [
      'Numbers of Windows for completion ports and overlapped calls, by their own names. They are the same in every',
      'version of Windows, and every platform has them. Exported as a part of fdreactor/iocp.',
      '',
    ],
    text: portText,
  },
  {
    file: 'lib/reactor/ready-bits.gen.ts',
    from: [AFD],
    about: ['The bits that tell what happened to an fd. interest.ts says what each means.', ''],
    text: readyText,
  },
  {
    file: 'lib/base/results.gen.ts',
    from: [RESULT],
    about: ['Results of native calls that are neither a count, an fd nor an error of the system.', ''],
    text: resultText,
  },
];
